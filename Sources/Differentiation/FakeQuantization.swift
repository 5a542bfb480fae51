public import Quantization
public import Tensors

/// Rounding to what a value is held as in deployment, while it stays a real number.
///
/// The gradient passes straight through where nothing is clamped (Bengio, Léonard, Courville,
/// *Estimating or Propagating Gradients Through Stochastic Neurons*, 2013); that by the scale is
/// that of Esser et al., *Learned Step Size Quantization*, ICLR 2020, equation 3.
public struct FakeQuantization<Scalar: Real>: Sendable, Equatable {
  /// What is rounded to.
  public enum Target: Sendable, Equatable {
    /// Integers of `range`: `real = (q - zeroPoint) * scale`.
    case integers(range: ClosedRange<Int32>, scale: Scalar, zeroPoint: Int32)
    /// Binary16.
    case float16
    /// bfloat16.
    case bfloat16
  }

  /// What is rounded to.
  public let target: Target
  /// The name under which the gradient by the scale is gathered; nil: it is not wanted.
  public let scaleName: String?

  /// A rounding to `target`.
  public init(_ target: Target, scaleName: String? = nil) {
    self.target = target
    self.scaleName = scaleName
  }

  /// The rounding of values that are held as `storage`; nil: it rounds nothing.
  public init?(_ storage: Storage, scaleName: String? = nil) {
    switch storage {
    case .float32: return nil
    case .float16: self.init(Target.float16)
    case .bfloat16: self.init(Target.bfloat16)
    case .quantized(let quantization):
      self.init(
        .integers(
          range: quantization.range, scale: Scalar(quantization.scale),
          zeroPoint: quantization.zeroPoint), scaleName: scaleName)
    }
  }

  /// `x`, rounded; NaN becomes the zero point, as in `AffineQuantization`.
  @inlinable
  public func rounded(_ x: Scalar) -> Scalar {
    switch target {
    case .integers(let range, let scale, let zeroPoint):
      guard !x.isNaN else { return 0 }
      let q = (x / scale).rounded(.toNearestOrEven) + Scalar(zeroPoint)
      return (min(max(q, Scalar(range.lowerBound)), Scalar(range.upperBound)) - Scalar(zeroPoint))
        * scale
    case .float16: return Scalar(Float(x).roundedToFloat16)
    case .bfloat16: return Scalar(Float(x).roundedToBFloat16)
    }
  }

  /// The derivatives of ``rounded(_:)`` at `x`: by `x`, which is 0 or 1, and by the scale.
  @inlinable
  public func derivatives(at x: Scalar) -> (input: Scalar, scale: Scalar) {
    guard case .integers(let range, let scale, let zeroPoint) = target else { return (1, 0) }
    let steps = x / scale
    let rounded = steps.rounded(.toNearestOrEven)
    let (low, high) = (Scalar(range.lowerBound - zeroPoint), Scalar(range.upperBound - zeroPoint))
    if rounded < low { return (0, low) }
    if rounded > high { return (0, high) }
    return (1, rounded - steps)
  }
}
