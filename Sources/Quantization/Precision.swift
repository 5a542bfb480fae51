public import Tensors

/// The precisions that a model is deployed in.
public enum Precision: String, Sendable, Hashable, CaseIterable, Codable {
  /// IEEE 754 binary32 throughout.
  case float32 = "fp32"
  /// Weights and step outputs rounded to binary16; arithmetic and biases in binary32.
  case float16 = "fp16"
  /// Weights and operands rounded to bfloat16; sums and biases in binary32.
  case bfloat16 = "bf16"
  /// Integer convolutions: 8-bit weights and activations, 32-bit accumulators.
  case int8
  /// 8-bit weights with a scale for each output channel; everything else as in binary32.
  case w8

  /// Whether a model file holds the weights of convolutions as 8-bit integers, which nothing else has.
  public var hasIntegerWeights: Bool { self == .int8 || self == .w8 }

  /// The type of a convolution's kernel in a model file.
  public var kernelType: ElementType {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .int8, .w8: .int8
    }
  }
}
