/// The mean and the variance of each channel over a batch, `[C]`; the variance divides by the number
/// of elements.
public struct BatchMoments<Scalar: Real>: Sendable, Equatable, Codable {
  /// The means.
  public var mean: [Scalar]
  /// The variances.
  public var variance: [Scalar]
  /// The number of elements of each channel that they were taken over.
  public var count: Int

  /// Moments.
  public init(mean: [Scalar], variance: [Scalar], count: Int) {
    self.mean = mean
    self.variance = variance
    self.count = count
  }
}
