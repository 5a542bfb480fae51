import Foundation
import Synchronization

@testable import Cluster

/// A group whose processes are threads, to look at what they say to one another.
struct ThreadGroup: ProcessGroup {
  let rank: Int
  let count: Int
  private let table: Table

  /// What `body` makes in each of `count` threads, in the order of their ranks.
  static func run<Output: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ThreadGroup) -> Output
  ) -> [Output] {
    let table = Table(count)
    let outputs = Mutex([Output?](repeating: nil, count: count))
    let done = DispatchGroup()
    for rank in 0..<count {
      done.enter()
      Thread.detachNewThread {
        let output = body(ThreadGroup(rank: rank, count: count, table: table))
        outputs.withLock { $0[rank] = output }
        done.leave()
      }
    }
    done.wait()
    return outputs.withLock { $0 }.compactMap { $0 }
  }

  func beginSum(_ numbers: [Float]) throws -> any PendingSum {
    preconditionFailure("not needed for sharing")
  }
  func sum(_ numbers: [Double]) throws -> [Double] {
    preconditionFailure("not needed for sharing")
  }
  func gather(_ bytes: [UInt8]) throws -> [[UInt8]] { table.exchange(bytes, rank) }
  func broadcast(_ bytes: [UInt8]) throws -> [UInt8] { try gather(bytes)[0] }
  func barrier() throws { _ = try gather([]) }
  func abort(_ status: Int32) { preconditionFailure("a test has no processes to end") }

  /// Where threads lay down what they give, and take what all gave.
  private final class Table: @unchecked Sendable {
    // Guarded by the condition.
    private var given: [[UInt8]?]
    private var taken = 0
    private let condition = NSCondition()

    init(_ count: Int) { given = Array(repeating: nil, count: count) }

    func exchange(_ bytes: [UInt8], _ rank: Int) -> [[UInt8]] {
      condition.lock()
      defer { condition.unlock() }
      while given[rank] != nil { condition.wait() }
      given[rank] = bytes
      condition.broadcast()
      while given.contains(where: { $0 == nil }) { condition.wait() }
      let all = given.compactMap { $0 }
      taken += 1
      guard taken == given.count else {
        while taken != 0 { condition.wait() }
        return all
      }
      (taken, given) = (0, given.map { _ in nil })
      condition.broadcast()
      return all
    }
  }
}
