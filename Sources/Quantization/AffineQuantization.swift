public import Tensors

/// How real numbers are held as 8-bit integers: `real = (q - zeroPoint) * scale`.
public struct AffineQuantization: Sendable, Hashable, CustomStringConvertible {
  /// `I8` or `U8`.
  public let elementType: ElementType
  /// The distance between neighbouring values; positive and finite.
  public let scale: Float
  /// The integer that stands for 0, within the type's range.
  public let zeroPoint: Int32

  /// A quantization; `scale` must be positive and finite, `zeroPoint` within the type's range.
  public init(elementType: ElementType, scale: Float, zeroPoint: Int32) {
    self.elementType = elementType
    self.scale = scale
    self.zeroPoint = zeroPoint
    precondition(elementType == .int8 || elementType == .uint8, "8-bit types only")
    precondition(scale > 0 && scale.isFinite, "scale \(scale)")
    precondition(range.contains(zeroPoint), "zero point \(zeroPoint)")
  }

  /// `U8, scale 0.0123, zero point 17`.
  public var description: String {
    "\(elementType.rawValue), scale \(scale), zero point \(zeroPoint)"
  }

  /// The integers that the type holds.
  public var range: ClosedRange<Int32> { elementType == .uint8 ? 0...255 : -128...127 }

  /// The nearest integer, ties to even, clamped to the type; NaN becomes the zero point.
  public func quantize(_ value: Float) -> Int32 {
    clamp((value / scale).rounded(.toNearestOrEven) + Float(zeroPoint))
  }

  /// The real number that `integer` stands for.
  public func dequantize(_ integer: Int32) -> Float { Float(integer - zeroPoint) * scale }

  /// `value`, which is whole, within the type's range; NaN becomes the zero point.
  public func clamp(_ value: Float) -> Int32 {
    guard !value.isNaN else { return zeroPoint }
    return Int32(min(max(value, Float(range.lowerBound)), Float(range.upperBound)))
  }

  /// How `max(x, 0)` is held if `x` is held like this: the integers above the zero point, from 0.
  public var rectified: AffineQuantization {
    AffineQuantization(elementType: .uint8, scale: scale, zeroPoint: 0)
  }

  /// Unsigned, for values from 0 to 1: 255 stands for 1.
  public static let image = AffineQuantization(elementType: .uint8, scale: 1 / 255, zeroPoint: 0)

  /// Unsigned, for values from 0 to `maximum`: zero point 0.
  ///
  /// An empty range gets scale 1, so that 0 is held exactly.
  public static func nonNegative(maximum: Float) -> AffineQuantization {
    AffineQuantization(elementType: .uint8, scale: step(maximum / 255), zeroPoint: 0)
  }

  /// Unsigned with a zero point, for values from `minimum` to `maximum`; 0 is held exactly.
  public static func asymmetric(minimum: Float, maximum: Float) -> AffineQuantization {
    let (low, high) = (min(minimum, 0), max(maximum, 0))
    let width = high - low
    let scale = step(width.isFinite ? width / 255 : high / 255 - low / 255)
    let zeroPoint = (-low / scale).rounded(.toNearestOrEven)
    return AffineQuantization(
      elementType: .uint8, scale: scale, zeroPoint: Int32(min(max(zeroPoint, 0), 255)))
  }

  /// Signed with zero point 0, for values of at most `magnitude`.
  public static func symmetric(magnitude: Float) -> AffineQuantization {
    AffineQuantization(elementType: .int8, scale: step(magnitude / 127), zeroPoint: 0)
  }

  private static func step(_ scale: Float) -> Float {
    scale.isNormal && scale > 0 ? scale : 1
  }
}
