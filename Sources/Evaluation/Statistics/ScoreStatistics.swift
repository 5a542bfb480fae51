/// What the scores of a sequence of frames come to.
public struct ScoreStatistics: Sendable, Hashable, Codable {
  /// A score above this counts as a success.
  public static let threshold = 0.5

  /// The mean over frames.
  public let mean: Double

  /// The share of the frames whose score is above ``threshold``.
  public let recall: Double

  /// The mean over the first quarter of the frames less that over the last: how much is lost in the
  /// course of the sequence.
  ///
  /// Quarters begin and end at frames `i (n - 1) / 4`, rounded with halves up, for i from 0 to 4;
  /// both ends belong to them, as in the evaluation of DAVIS. (That holds these numbers in 8 bits,
  /// so that its decay is meaningless for more than 256 frames; this one goes on.)
  public let decay: Double

  /// The statistics of `scores` in the order of the frames; nil: there is none.
  public init?(_ scores: [Double]) {
    guard !scores.isEmpty else { return nil }
    let last = scores.count - 1
    func edge(_ quarter: Int) -> Int { (quarter * last + 2) / 4 }
    mean = Self.mean(scores[...])
    recall = Double(scores.count { $0 > Self.threshold }) / Double(scores.count)
    decay = Self.mean(scores[edge(0)...edge(1)]) - Self.mean(scores[edge(3)...edge(4)])
  }

  /// The mean of each statistic; nil: of nothing.
  public init?(meanOf statistics: [ScoreStatistics]) {
    guard !statistics.isEmpty else { return nil }
    mean = Self.mean(statistics.map(\.mean)[...])
    recall = Self.mean(statistics.map(\.recall)[...])
    decay = Self.mean(statistics.map(\.decay)[...])
  }

  private static func mean(_ values: ArraySlice<Double>) -> Double {
    values.reduce(0, +) / Double(values.count)
  }
}

/// The statistics of both scores.
public struct ScoreSummary: Sendable, Hashable, Codable {
  /// Of region similarity J.
  public let region: ScoreStatistics
  /// Of contour accuracy F.
  public let boundary: ScoreStatistics

  /// The statistics of `scores` in the order of the frames; nil: there is none.
  public init?(_ scores: [MaskScore]) {
    guard let region = ScoreStatistics(scores.map(\.region)),
      let boundary = ScoreStatistics(scores.map(\.boundary))
    else { return nil }
    self.region = region
    self.boundary = boundary
  }

  /// The mean of each statistic; nil: of nothing.
  public init?(meanOf summaries: [ScoreSummary]) {
    guard let region = ScoreStatistics(meanOf: summaries.map(\.region)),
      let boundary = ScoreStatistics(meanOf: summaries.map(\.boundary))
    else { return nil }
    self.region = region
    self.boundary = boundary
  }

  /// The mean of both means, known as J&F.
  public var overall: Double { (region.mean + boundary.mean) / 2 }
}
