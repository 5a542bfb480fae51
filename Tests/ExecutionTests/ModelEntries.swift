import Quantization
import Tensors

extension TensorArchive.Entry {
  /// A binary32 tensor of a model.
  static func floats(_ name: String, _ values: [Float], _ shape: Shape) -> Self {
    .init(name: name, tensor: Tensor(FloatTensor(shape: shape, values: values)))
  }

  /// A tensor of signed 8-bit integers of a model.
  static func integers(_ name: String, _ values: [Int8], _ shape: Shape) -> Self {
    .init(name: name, tensor: Tensor(bitPatterns: values, elementType: .int8, shape: shape))
  }

  /// The tensors that say how a value is held: `name.scale` and `name.zero_point`.
  static func quantization(_ name: String, _ quantization: AffineQuantization) -> [Self] {
    [
      floats("\(name).scale", [quantization.scale], []),
      .init(
        name: "\(name).zero_point",
        tensor: Tensor(
          bitPatterns: [UInt8(truncatingIfNeeded: quantization.zeroPoint)],
          elementType: quantization.elementType, shape: [])),
    ]
  }
}
