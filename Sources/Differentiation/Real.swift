import Foundation

/// What gradients are computed in: binary32 for training, binary64 for the meaning that it is held
/// against.
public protocol Real: BinaryFloatingPoint, BitwiseCopyable, Codable, SIMDScalar, Sendable,
  SendableMetatype
{
  /// `e` to the power of the number.
  var exponential: Self { get }
  /// The natural logarithm of the number.
  var logarithm: Self { get }
}

extension Float: Real {
  public var exponential: Float { exp(self) }
  public var logarithm: Float { log(self) }
}

extension Double: Real {
  public var exponential: Double { exp(self) }
  public var logarithm: Double { log(self) }
}
