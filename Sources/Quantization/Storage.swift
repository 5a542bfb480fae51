import Tensors

/// How the elements of one value are held between steps.
public enum Storage: Sendable, Hashable {
  /// Binary32.
  case float32
  /// Binary16: a step's binary32 result is rounded to nearest, ties to even.
  case float16
  /// bfloat16: a step's binary32 result is rounded to nearest, ties to even.
  case bfloat16
  /// 8-bit integers.
  case quantized(AffineQuantization)

  /// Whether the elements are integers.
  public var isQuantized: Bool { if case .quantized = self { true } else { false } }

  /// What is left of `value` after it was stored and read back.
  public func rounded(_ value: Float) -> Float {
    switch self {
    case .float32: value
    case .float16: value.roundedToFloat16
    case .bfloat16: value.roundedToBFloat16
    case .quantized(let quantization): quantization.dequantize(quantization.quantize(value))
    }
  }
}
