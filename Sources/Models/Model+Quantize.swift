import Networks
public import Quantization
import STMModel
public import Tensors

extension Model {
  /// The weights of the same model in binary16 or bfloat16, folded.
  ///
  /// Throws ``ModelError/alreadyQuantized(path:precision:)``, `QuantizationError` or what reading a
  /// parameter throws.
  public func halfWeights(_ precision: HalfPrecision) throws -> TensorArchive {
    try requireFloat32()
    return try TensorArchive(
      network.graphs.flatMap {
        try Program(deploying: $0).halfTensors(of: weights, in: precision)
      })
  }

  /// The weights of the same model in int8, folded, with the scales that `statistics` give.
  ///
  /// Throws ``ModelError/alreadyQuantized(path:precision:)``, `QuantizationError` or what reading a
  /// parameter throws.
  public func int8Weights(statistics: CalibrationStatistics) throws -> TensorArchive {
    try requireFloat32()
    return try TensorArchive(
      network.graphs.flatMap {
        try Program(deploying: $0).int8Tensors(of: weights, statistics: statistics)
      })
  }

  private func requireFloat32() throws {
    guard precision == .float32 else {
      throw ModelError.alreadyQuantized(path: path, precision: precision)
    }
  }
}
