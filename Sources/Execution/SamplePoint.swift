/// The two inputs that an output of a bilinear upsampling lies between, and how far it is from the
/// first.
@frozen public struct SamplePoint: Sendable {
  /// The inputs' numbers.
  public let low: Int, high: Int
  /// How far the output is from the first, as a share of the way to the second.
  public let fraction: Float

  /// For each output along a dimension of `size` inputs: output `i` looks at input
  /// `(i + 0.5) / factor - 0.5`, clamped.
  public static func upsampled(_ size: Int, by factor: Int) -> [SamplePoint] {
    (0..<factor * size).map { index in
      let position = max((Float(index) + 0.5) / Float(factor) - 0.5, 0)
      let low = Int(position)
      return SamplePoint(
        low: low, high: min(low + 1, size - 1), fraction: position - Float(low))
    }
  }

  /// What lies between `a` at the first input and `b` at the second.
  @inlinable public func between(_ a: Float, _ b: Float) -> Float {
    (1 - fraction) * a + fraction * b
  }
}
