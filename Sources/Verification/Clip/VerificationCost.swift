public import Execution
public import Models
public import Segmentation

/// What a comparison over a clip costs beside plain runs of both models, measured in turns.
public struct VerificationCost: Sendable {
  /// The seconds of one round.
  public struct Round: Sendable, Hashable {
    /// The reference segmenting the clip by itself.
    public let reference: Double
    /// The candidate segmenting the clip by itself.
    public let candidate: Double
    /// The comparison: isolated, teacher-forced and free-running, with all metrics.
    public let verification: Double

    /// How many times the sum of both plain runs the comparison takes.
    public var ratio: Double { verification / (reference + candidate) }
  }

  /// The rounds in the order in which they ran, after a plain run of each that does not count.
  public let rounds: [Round]

  /// Compiles both models, each for its own of `backends`, and runs them over `clip` `count` times.
  ///
  /// Frames are read anew in every run. Throws what compiling, reading and running throw.
  public init(
    reference: Model, candidate: Model, clip: Clip,
    backends: (reference: any Backend, candidate: any Backend), rounds count: Int,
    progress: (Int) -> Void = { _ in }
  ) throws {
    let networks = try ClipVerification.compile(
      reference: reference, candidate: candidate, backends: backends)
    let criteria = ClipCriteria.standard(for: candidate.plan)
    _ = try PlainRun(of: networks.reference, over: clip)
    _ = try PlainRun(of: networks.candidate, over: clip)
    rounds = try (0..<count).map { round in
      let (first, second) = (
        try PlainRun(of: networks.reference, over: clip),
        try PlainRun(of: networks.candidate, over: clip)
      )
      let start = ContinuousClock.now
      _ = try ClipVerification(
        reference: networks.reference, candidate: networks.candidate, plan: candidate.plan,
        clip: clip, criteria: criteria)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      progress(round + 1)
      return Round(reference: first.seconds, candidate: second.seconds, verification: seconds)
    }
  }
}
