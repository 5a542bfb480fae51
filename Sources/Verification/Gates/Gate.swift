public import Networks

/// What a comparison must reach, as an expression: `sqnr(Decoder.**) >= 25 dB`, `iou(mean) >= 0.99`.
///
///     gate       = [ run "." ] metric "(" selector ")" comparison number [ unit ]
///     run        = "isolated" | "accumulated" | "forced" | "free"
///     comparison = ">=" | ">" | "<=" | "<"
///     unit       = "dB" | "%"
///
/// The number is one that the metric can be: a share is from 0 to 1, a cosine from -1 to 1, an error or
/// a count at least 0.
///
/// A metric of layers is measured in every layer that the selector, a `NamePattern`, fits,
/// and all must hold; accumulated unless `isolated` is said. A metric of masks is summed up over
/// frames and objects as the selector says: `mean`, `min`, `max` or `worst`; both teacher-forced
/// and free-running must hold unless one of them is said.
public struct Gate: Sendable, Hashable, Codable, CustomStringConvertible {
  /// How a number is held against the gate's.
  public enum Comparison: String, Sendable, Codable, CaseIterable {
    /// The number itself or a larger one.
    case atLeast = ">="
    /// The number itself or a smaller one.
    case atMost = "<="
    /// A larger number.
    case above = ">"
    /// A smaller number.
    case below = "<"

    /// Whether larger numbers hold.
    public var wantsMore: Bool { self == .atLeast || self == .above }

    /// Whether `found` holds beside `limit`, which NaN never does.
    func holds(_ found: Double, _ limit: Double) -> Bool {
      switch self {
      case .atLeast: found >= limit
      case .atMost: found <= limit
      case .above: found > limit
      case .below: found < limit
      }
    }
  }

  /// What is measured, and where.
  public enum Subject: Sendable, Hashable, Codable {
    /// Every layer that a pattern fits.
    case layers(LayerMetric, LayerRun, NamePattern)
    /// The masks; nil: in the worse of both runs.
    case masks(MaskMetric, MaskRun?, MaskSummary)
  }

  /// What is measured, and where.
  public let subject: Subject
  /// How what is found is held against ``limit``.
  public let comparison: Comparison
  /// The number to reach, shares as such and not in percent.
  public let limit: Double

  /// A gate.
  public init(_ subject: Subject, _ comparison: Comparison, _ limit: Double) {
    self.subject = subject
    self.comparison = comparison
    self.limit = limit
  }

  /// The expression, written the one way.
  public var description: String { "\(subject) \(comparison.rawValue) \(unit.text(limit))" }

  /// The unit of what is measured.
  var unit: GateUnit {
    switch subject {
    case .layers(let metric, _, _): metric.unit
    case .masks(let metric, _, _): metric.unit
    }
  }

  /// The gate that holds for `found`, with a number that is rounded towards the side that holds; nil
  /// where none does, or none that can be written.
  func passing(_ found: Double) -> Gate? {
    guard found.isFinite else { return nil }
    let wantsMore = comparison.wantsMore
    var limit = unit.rounded(found, up: !wantsMore)
    if !comparison.holds(found, limit) {
      limit = unit.rounded(limit + (wantsMore ? -1 : 1) * unit.step(of: found), up: !wantsMore)
    }
    guard comparison.holds(found, limit), unit.range.contains(limit) else { return nil }
    return Gate(subject, comparison, limit)
  }
}

extension Gate.Subject: CustomStringConvertible {
  /// As in `isolated.sqnr(Decoder.**)` or `iou(mean)`.
  public var description: String {
    switch self {
    case .layers(let metric, .accumulated, let pattern): "\(metric.rawValue)(\(pattern))"
    case .layers(let metric, let run, let pattern): "\(run.rawValue).\(metric.rawValue)(\(pattern))"
    case .masks(let metric, nil, let summary): "\(metric.rawValue)(\(summary.rawValue))"
    case .masks(let metric, let run?, let summary):
      "\(run.rawValue).\(metric.rawValue)(\(summary.rawValue))"
    }
  }
}
