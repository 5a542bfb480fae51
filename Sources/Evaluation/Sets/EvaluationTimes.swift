import Cluster
import Synchronization

/// Where the time goes, in seconds, summed over threads and processes.
public final class EvaluationTimes: Sendable {
  private struct Sums {
    var reading = 0.0
    var scoring = 0.0
  }

  private let sums = Mutex(Sums())

  /// Nothing yet.
  public init() {}

  /// Reading masks that count: files, decoding, checks.
  public var reading: Double { sums.withLock(\.reading) }

  /// Comparing decoded masks: packing bits, J and F.
  public var scoring: Double { sums.withLock(\.scoring) }

  /// Adds up what the processes of `group` took. Throws `ClusterError`.
  func addUp(in group: any ProcessGroup) throws {
    let total = try group.sum([reading, scoring])
    sums.withLock { ($0.reading, $0.scoring) = (total[0], total[1]) }
  }

  func add(reading: Duration, scoring: Duration) {
    sums.withLock { sums in
      sums.reading += reading / .seconds(1)
      sums.scoring += scoring / .seconds(1)
    }
  }
}
