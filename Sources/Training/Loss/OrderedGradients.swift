import Differentiation
import Foundation

/// The sums of what the clips of a batch give, added up in the order of the clips whichever is first,
/// so that they do not depend on how many threads there are.
///
/// Its own lock guards everything in it. Threads add without waiting for one another: what comes too
/// early is kept until its turn.
final class OrderedGradients<Scalar: Real>: @unchecked Sendable {
  typealias Steps = [String: StepGradients<Scalar>]

  private struct Sum {
    var total: Steps = [:]
    /// How many clips are in it.
    var count = 0
    var isBusy = false
    /// What came too early, by clip.
    var early: [Int: Steps] = [:]
  }

  private let condition = NSCondition()
  private let clips: Int
  private var next = 0
  private var workers: Int
  private var sums: [NetworkPart: Sum]
  private var outcomes: [Int: ClipOutcome<Scalar>] = [:]
  private var failures: [Int: any Error] = [:]

  /// Sums over `clips` clips that `workers` threads make.
  init(clips: Int, workers: Int) {
    self.clips = clips
    self.workers = workers
    sums = Dictionary(uniqueKeysWithValues: NetworkPart.allCases.map { ($0, Sum()) })
  }

  private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
    condition.lock()
    defer { condition.unlock() }
    return try body()
  }

  /// The next clip to be run; nil: there is none, or something failed.
  func nextClip() -> Int? {
    locked {
      guard next < clips, failures.isEmpty else { return nil }
      defer { next += 1 }
      return next
    }
  }

  /// No clip is begun any more.
  func cancel() { locked { next = clips } }

  /// Says that a clip gave `result` but for its gradients.
  func finish(_ clip: Int, _ result: Result<ClipOutcome<Scalar>, any Error>) {
    locked {
      switch result {
      case .success(let outcome): outcomes[clip] = outcome
      case .failure(let error): failures[clip] = error
      }
    }
  }

  /// Says that a thread has nothing more to do.
  func leave() {
    locked {
      workers -= 1
      condition.broadcast()
    }
  }

  /// Adds what `clip` gives to `part`.
  func add(_ steps: Steps, of part: NetworkPart, clip: Int) {
    locked { sums[part, default: Sum()].early[clip] = steps }
    while let (steps, total) = begin(part) {
      var total = total
      total.add(steps)
      locked {
        sums[part]?.total = total
        sums[part]?.count += 1
        sums[part]?.isBusy = false
        condition.broadcast()
      }
    }
  }

  /// What is to be added to `part` next, and to what; nil: another thread is at it, or the clip whose
  /// turn it is has not given it yet.
  private func begin(_ part: NetworkPart) -> (steps: Steps, total: Steps)? {
    locked {
      guard var sum = sums[part], !sum.isBusy, let steps = sum.early.removeValue(forKey: sum.count)
      else { return nil }
      let total = sum.total
      sum.total = [:]
      sum.isBusy = true
      sums[part] = sum
      return (steps, total)
    }
  }

  /// Waits for the gradients by the steps of `part` over all clips, which are handed out once; nil:
  /// something failed.
  func total(of part: NetworkPart) -> Steps? {
    locked {
      while workers > 0, sums[part]?.count != clips { condition.wait() }
      guard failures.isEmpty, sums[part]?.count == clips else { return nil }
      defer { sums[part]?.total = [:] }
      return sums[part]?.total
    }
  }

  /// Waits for all threads; what the clips gave, in their order.
  ///
  /// Throws what the first of the clips that failed threw.
  func finished() throws -> [ClipOutcome<Scalar>] {
    try locked {
      while workers > 0 { condition.wait() }
      if let first = failures.min(by: { $0.key < $1.key }) { throw first.value }
      return (0..<clips).compactMap { outcomes[$0] }
    }
  }
}
