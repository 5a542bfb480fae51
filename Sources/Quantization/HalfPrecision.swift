public import Tensors

/// The precisions that hold weights in 16-bit floating-point numbers.
public enum HalfPrecision: Sendable, Hashable {
  /// IEEE 754 binary16.
  case float16
  /// The upper half of binary32.
  case bfloat16

  /// The format of `precision`; nil where it has another width.
  public init?(_ precision: Precision) {
    switch precision {
    case .float16: self = .float16
    case .bfloat16: self = .bfloat16
    case .float32, .int8: return nil
    }
  }

  /// The precision of models that hold their weights like this.
  public var precision: Precision { self == .float16 ? .float16 : .bfloat16 }

  /// The type of the weights in a model file.
  public var elementType: ElementType { self == .float16 ? .float16 : .bfloat16 }

  /// The bits of the number nearest to `value`, ties to even.
  func bitPattern(_ value: Float) -> UInt16 {
    self == .float16 ? Float16(value).bitPattern : BFloat16(value).bitPattern
  }

  /// Whether `value` rounds to a finite number.
  func holds(_ value: Float) -> Bool {
    self == .float16 ? Float16(value).isFinite : value.roundedToBFloat16.isFinite
  }
}
