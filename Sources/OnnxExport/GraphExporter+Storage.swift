import OnnxFiles
import Quantization
import Tensors

extension GraphExporter {
  /// What is left of the graph's `value` once it is held as `storage` says, as binary32 numbers;
  /// `name` is what the program calls it.
  mutating func store(_ name: String, from value: String, as storage: Storage) -> String {
    switch storage {
    case .float32: return value
    case .float16: return rounded(name, value, to: .float16)
    case .bfloat16: return rounded(name, value, to: .bfloat16)
    case .quantized(let quantization):
      let scale = constant(
        "\(name).scale", Tensor(FloatTensor(shape: [], values: [quantization.scale])))
      let zeroPoint = constant(
        "\(name).zero_point",
        Tensor(
          bitPatterns: [UInt8(truncatingIfNeeded: quantization.zeroPoint)],
          elementType: quantization.elementType, shape: []))
      let integers = node("\(name).quantized", "QuantizeLinear", [value, scale, zeroPoint])
      return node("\(name).dequantized", "DequantizeLinear", [integers, scale, zeroPoint])
    }
  }

  /// The constant `entry`, whose elements have 16 bits, widened to binary32 as `name`.
  mutating func widened(_ entry: TensorArchive.Entry, as name: String) -> String {
    let stored = constant("\(name).\(entry.elementType.shortName)", entry)
    return cast(name, stored, to: .float32)
  }

  private mutating func rounded(
    _ name: String, _ value: String, to elementType: ElementType
  ) -> String {
    let narrow = cast("\(name).\(elementType.shortName)", value, to: elementType)
    return cast("\(name).from_\(elementType.shortName)", narrow, to: .float32)
  }

  private mutating func cast(
    _ name: String, _ value: String, to elementType: ElementType
  ) -> String {
    node(name, "Cast", [value], ["to": .integer(Int(elementType.dataType))])
  }
}

extension ElementType {
  /// `fp16` or `bf16`, as precisions are called.
  fileprivate var shortName: String {
    switch self {
    case .float16: "fp16"
    case .bfloat16: "bf16"
    default: preconditionFailure("\(rawValue) has no 16 bits")
    }
  }
}
