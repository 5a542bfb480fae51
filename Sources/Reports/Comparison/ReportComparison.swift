/// What changed from one report to the next, as JSON (`Schemas/report-comparison.schema.json`) and as
/// text: a ratchet for continuous integration.
public struct ReportComparison: JSONReport {
  /// Something that should be the same in both reports and is not.
  public struct Difference: Encodable, Sendable, Equatable {
    /// What it is.
    public let noun: String
    /// What it was.
    public let old: String
    /// What it is now.
    public let new: String
  }

  /// Which way something changed.
  enum Direction: String, Encodable {
    case better, worse
  }

  struct GateChange: Encodable {
    let gate: String
    let before: OrNull<String>
    let old: OrNull<Verdict>
    let new: OrNull<Verdict>
    let change: OrNull<Direction>
  }

  struct Measure: Encodable {
    let metric: String
    let place: String
    let old: Double
    let new: Double
    let change: Direction
  }

  struct Missing: Encodable {
    let metric: String
    let place: String
    let old: Double
  }

  struct Layers: Encodable {
    let appeared: [String]
    let disappeared: [String]
    let newlyFailing: [String]
    let newlyPassing: [String]
  }

  struct Clips: Encodable {
    let appeared: [String]
    let disappeared: [String]
  }

  let format = ClipReport.format
  let verdict: Verdict
  let old: Verdict
  let new: Verdict
  let sameCandidate: Bool
  let differences: [Difference]
  let tolerances: [String: Double]
  let compared: Int
  let gates: [GateChange]
  let layers: Layers
  let clips: Clips
  let metrics: [Measure]
  let missing: [Missing]

  /// Compares `new` with `old`; a number may be less by what `tolerances` say, or by its metric's
  /// standard.
  ///
  /// Throws ``ReportError/differentSubjects(_:)`` where the two are not of the same reference,
  /// precision, clip and options, unless `isForced`.
  public init(
    _ old: SavedReport, _ new: SavedReport, tolerances: [RatchetMetric: Double] = [:],
    isForced: Bool = false
  ) throws(ReportError) {
    differences = Self.differences(old, new)
    guard differences.isEmpty || isForced else { throw .differentSubjects(differences) }
    let allowed = RatchetMetric.allCases.map { ($0, tolerances[$0] ?? $0.standardTolerance) }
    self.tolerances = Dictionary(uniqueKeysWithValues: allowed.map { ($0.rawValue, $1) })
    self.old = old.verdict
    self.new = new.verdict
    sameCandidate = old.candidate == new.candidate
    gates = Self.gates(old, new)
    layers = Self.layers(old, new)
    clips = Clips(
      appeared: new.clips.filter { !old.clips.contains($0) },
      disappeared: old.clips.filter { !new.clips.contains($0) })
    let before = Dictionary(old.measures.map { ($0.measure, $0.value) }) { first, _ in first }
    let pairs = new.measures.compactMap { measure, value in
      before[measure].map { (measure: measure, old: $0, new: value) }
    }
    compared = pairs.count
    let found = Set(new.measures.map(\.measure))
    missing = old.measures.filter { !found.contains($0.measure) }.map { measure, value in
      Missing(metric: measure.metric.rawValue, place: measure.place, old: value)
    }
    let tolerance = Dictionary(uniqueKeysWithValues: allowed)
    metrics = pairs.compactMap { measure, old, new in
      Self.direction(old, new, within: tolerance[measure.metric] ?? 0).map {
        Measure(
          metric: measure.metric.rawValue, place: measure.place, old: old, new: new, change: $0)
      }
    }
    let isWorse =
      (old.verdict == .pass && new.verdict == .fail) || gates.contains { $0.change.value == .worse }
      || metrics.contains { $0.change == .worse } || !missing.isEmpty || !clips.disappeared.isEmpty
      || !layers.disappeared.isEmpty || !layers.newlyFailing.isEmpty
    verdict = Verdict(!isWorse)
  }

  /// Whether nothing got worse.
  public var passes: Bool { verdict == .pass }

  private static func differences(_ old: SavedReport, _ new: SavedReport) -> [Difference] {
    let before = Dictionary(uniqueKeysWithValues: old.subject.map { ($0.noun, $0.value) })
    return new.subject.compactMap { noun, value in
      guard let other = before[noun], other != value else { return nil }
      return Difference(noun: noun, old: other, new: value)
    }
  }

  /// Where `new` is farther from `old` than `tolerance`; what is not a number is below all numbers.
  private static func direction(
    _ old: Double, _ new: Double, within tolerance: Double
  ) -> Direction? {
    let (old, new) = (old.isNaN ? -.infinity : old, new.isNaN ? -.infinity : new)
    guard old != new else { return nil }
    if new < old - tolerance { return .worse }
    return new > old + tolerance ? .better : nil
  }

  private static func layers(_ old: SavedReport, _ new: SavedReport) -> Layers {
    let before = Dictionary(old.layers.map { ($0.layer, $0.verdict) }) { first, _ in first }
    let after = Dictionary(new.layers.map { ($0.layer, $0.verdict) }) { first, _ in first }
    func now(_ verdict: Verdict) -> [String] {
      new.layers.filter { $0.verdict == verdict && before[$0.layer] != verdict }.map(\.layer)
    }
    return Layers(
      appeared: new.layers.map(\.layer).filter { before[$0] == nil },
      disappeared: old.layers.map(\.layer).filter { after[$0] == nil },
      newlyFailing: now(.fail), newlyPassing: now(.pass).filter { before[$0] != nil })
  }
}
