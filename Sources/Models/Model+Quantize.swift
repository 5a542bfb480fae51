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

  /// The weights of the same model in int8, folded, with the scales that `method` finds in
  /// `statistics`, which must be this model's.
  ///
  /// Throws ``ModelError/alreadyQuantized(path:precision:)``,
  /// ``ModelError/otherStatistics(path:fingerprint:found:)``, `QuantizationError` or what reading a
  /// parameter throws.
  public func int8Weights(
    statistics: CalibrationStatistics, method: RangeMethod = .minmax
  ) throws -> TensorArchive {
    try requireFloat32()
    try require(statistics)
    return try TensorArchive(
      network.graphs.flatMap {
        try Program(deploying: $0).int8Tensors(
          of: weights, statistics: statistics, method: method)
      })
  }

  /// Checks that `statistics` are of this model and its values.
  ///
  /// Throws ``ModelError/otherStatistics(path:fingerprint:found:)``, `QuantizationError` or what
  /// reading a tensor throws.
  public func require(_ statistics: CalibrationStatistics) throws {
    let fingerprint = try fingerprint
    guard statistics.model == fingerprint else {
      throw ModelError.otherStatistics(
        path: path, fingerprint: fingerprint, found: statistics.model)
    }
    try statistics.check(against: network.graphs.map { Program(deploying: $0) })
  }

  private func requireFloat32() throws {
    guard precision == .float32 else {
      throw ModelError.alreadyQuantized(path: path, precision: precision)
    }
  }
}
