public import Quantization

/// What 8-bit integers cannot hold: numbers more than half a step beyond their ends.
public struct Saturation: Sendable {
  private let low, high: Float
  private let half: Float

  /// The saturation of `quantization`.
  public init(of quantization: AffineQuantization) {
    low = quantization.dequantize(quantization.range.lowerBound)
    high = quantization.dequantize(quantization.range.upperBound)
    half = quantization.scale / 2
  }

  /// Whether `value` lies at an end of the integers.
  public func isAtEnd(_ value: Float) -> Bool { value <= low || value >= high }

  /// Whether `value` lies at an end and `reference`, what it should be, more than half a step beyond.
  public func holds(_ value: Float, beside reference: Float) -> Bool {
    (value >= high && reference > high + half) || (value <= low && reference < low - half)
  }
}
