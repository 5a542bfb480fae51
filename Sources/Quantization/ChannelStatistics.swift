/// What calibration saw of each channel of a value.
public struct ChannelStatistics: Sendable, Hashable {
  /// The smallest finite element of each channel.
  public let minimum: [Float]
  /// The largest finite element of each channel.
  public let maximum: [Float]
  /// The mean of each channel's finite elements.
  public let mean: [Float]

  /// Statistics of as many channels as there are numbers in each.
  public init(minimum: [Float], maximum: [Float], mean: [Float]) {
    precondition(
      minimum.count == maximum.count && minimum.count == mean.count,
      "\(minimum.count), \(maximum.count) and \(mean.count) channels")
    self.minimum = minimum
    self.maximum = maximum
    self.mean = mean
  }

  /// The number of channels.
  public var count: Int { minimum.count }
}
