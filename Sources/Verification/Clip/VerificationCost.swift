public import Execution
import Glibc
public import Models
public import Segmentation

/// What a comparison over a clip costs beside plain runs of both models, measured in turns.
public struct VerificationCost: Sendable {
  /// How long something took.
  public struct Times: Sendable, Hashable {
    /// On the clock, in seconds.
    public let wall: Double
    /// On all processors together, in seconds: what else the machine does counts little here.
    public let processor: Double

    /// Runs `body`. Throws what it throws.
    init(of body: () throws -> Void) rethrows {
      let (start, used) = (ContinuousClock.now, clock())
      try body()
      wall = (ContinuousClock.now - start) / .seconds(1)
      processor = Double(clock() - used) / Double(CLOCKS_PER_SEC)
    }
  }

  /// One round.
  public struct Round: Sendable, Hashable {
    /// The reference segmenting the clip by itself.
    public let reference: Times
    /// The candidate segmenting the clip by itself.
    public let candidate: Times
    /// The comparison: isolated, teacher-forced and free-running, with all metrics.
    public let verification: Times
  }

  /// The rounds in the order in which they ran, after both models segmented two frames, which do not
  /// count.
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
    for network in [networks.reference, networks.candidate] {
      _ = try PlainRun(of: network, over: clip, maximumFrames: 2)
    }
    rounds = try (0..<count).map { round in
      let times = Round(
        reference: try Times { _ = try PlainRun(of: networks.reference, over: clip) },
        candidate: try Times { _ = try PlainRun(of: networks.candidate, over: clip) },
        verification: try Times {
          _ = try ClipVerification(
            reference: networks.reference, candidate: networks.candidate, plan: candidate.plan,
            clip: clip, criteria: criteria)
        })
      progress(round + 1)
      return times
    }
  }
}
