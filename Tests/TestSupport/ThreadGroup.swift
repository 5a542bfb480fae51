public import Cluster
import Foundation
import Synchronization

/// Processes that are threads of one: what each hands in is kept until all have.
public final class ThreadGroup: ProcessGroup {
  /// What is handed in, by the number of the call and the rank; its condition guards it.
  private final class Exchange: @unchecked Sendable {
    private let condition = NSCondition()
    private var calls: [Int: [Int: [Double]]] = [:]
    private var counts: [Int: Int] = [:]

    /// The number of the next call of `rank`, which hands in `numbers`.
    func begin(_ rank: Int, _ numbers: [Double]) -> Int {
      condition.lock()
      defer { condition.unlock() }
      let call = counts[rank, default: 0]
      counts[rank] = call + 1
      calls[call, default: [:]][rank] = numbers
      condition.broadcast()
      return call
    }

    /// What all `count` handed in at `call`, in the order of their ranks.
    func wait(_ call: Int, _ count: Int) -> [[Double]] {
      condition.lock()
      defer { condition.unlock() }
      while calls[call]?.count != count { condition.wait() }
      return (0..<count).compactMap { calls[call]?[$0] }
    }
  }

  private struct Sum: PendingSum {
    let group: ThreadGroup
    let call: Int

    func wait() -> [Float] {
      let parts = group.exchange.wait(call, group.count)
      return parts[0].indices.map { index in
        parts.dropFirst().reduce(Float(parts[0][index])) { $0 + Float($1[index]) }
      }
    }
  }

  public let rank: Int
  public let count: Int
  private let exchange: Exchange

  private init(rank: Int, count: Int, _ exchange: Exchange) {
    (self.rank, self.count, self.exchange) = (rank, count, exchange)
  }

  /// A group of `count`.
  public static func of(_ count: Int) -> [ThreadGroup] {
    let exchange = Exchange()
    return (0..<count).map { ThreadGroup(rank: $0, count: count, exchange) }
  }

  /// What `body` makes in each of `count` threads, in the order of their ranks.
  public static func run<Output: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ThreadGroup) -> Output
  ) -> [Output] {
    let outputs = Mutex([Output?](repeating: nil, count: count))
    let done = DispatchGroup()
    for group in of(count) {
      done.enter()
      Thread.detachNewThread {
        let output = body(group)
        outputs.withLock { $0[group.rank] = output }
        done.leave()
      }
    }
    done.wait()
    return outputs.withLock { $0 }.compactMap { $0 }
  }

  private func all(_ numbers: [Double]) -> [[Double]] {
    exchange.wait(exchange.begin(rank, numbers), count)
  }

  public func beginSum(_ numbers: [Float]) -> any PendingSum {
    Sum(group: self, call: exchange.begin(rank, numbers.map { Double($0) }))
  }
  public func sum(_ numbers: [Double]) -> [Double] {
    let parts = all(numbers)
    return numbers.indices.map { index in parts.reduce(0) { $0 + $1[index] } }
  }
  public func gather(_ bytes: [UInt8]) -> [[UInt8]] {
    all(bytes.map { Double($0) }).map { part in part.map { UInt8($0) } }
  }
  public func broadcast(_ bytes: [UInt8]) -> [UInt8] { gather(bytes)[0] }
  public func barrier() { _ = all([]) }
  public func abort(_ status: Int32) {}
}
