/// How the integers of an activation lie around 0.
///
/// It follows from the value (``CalibrationStatistics/scheme(of:in:)``).
public enum ActivationScheme: Sendable, Hashable {
  /// Unsigned in steps of 1/255 with zero point 0, whatever was seen of it: images, which are from 0
  /// to 1 by definition, and of 8 bits to begin with where they come from a file.
  case image
  /// Unsigned with zero point 0: a value that was never negative, as after a ReLU, uses all 256
  /// integers.
  case nonNegative
  /// Unsigned with a zero point: any other value.
  case asymmetric

  /// How values of `range` are held; 0 is held exactly.
  public func quantization(of range: ValueRange) -> AffineQuantization {
    switch self {
    case .image: .image
    case .nonNegative: .nonNegative(maximum: range.maximum)
    case .asymmetric: .asymmetric(minimum: range.minimum, maximum: range.maximum)
    }
  }
}

/// Numbers from a minimum to a maximum.
public struct ValueRange: Sendable, Hashable {
  /// The smallest number.
  public let minimum: Float
  /// The largest number.
  public let maximum: Float

  /// A range; the numbers must be finite, and `minimum` not above `maximum`.
  public init(minimum: Float, maximum: Float) {
    precondition(
      minimum.isFinite && maximum.isFinite && minimum <= maximum, "\(minimum) to \(maximum)")
    self.minimum = minimum
    self.maximum = maximum
  }

  /// The largest magnitude.
  public var magnitude: Float { max(abs(minimum), abs(maximum)) }
}
