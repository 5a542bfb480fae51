/// Several processes that work on one thing, each with a part of it.
///
/// All processes make the same calls in the same order. What is handed back does not depend on which
/// of them is first to call.
public protocol ProcessGroup: Sendable {
  /// The number of this process, from 0.
  var rank: Int { get }
  /// The number of processes.
  var count: Int { get }

  /// Begins to add up `numbers`, element by element, over the processes.
  ///
  /// Throws ``ClusterError``.
  func beginSum(_ numbers: [Float]) throws -> any PendingSum
  /// The sums of `numbers` over the processes. Throws ``ClusterError``.
  func sum(_ numbers: [Double]) throws -> [Double]
  /// What each process calls this with, in the order of their ranks. Throws ``ClusterError``.
  func gather(_ bytes: [UInt8]) throws -> [[UInt8]]
  /// What rank 0 calls this with. Throws ``ClusterError``.
  func broadcast(_ bytes: [UInt8]) throws -> [UInt8]
  /// Waits for all processes. Throws ``ClusterError``.
  func barrier() throws
  /// Ends all processes of the group with `status`, because this one cannot go on: others would wait
  /// for it for ever. Returns where there is no other.
  func abort(_ status: Int32)
}

/// A sum over processes that is under way.
public protocol PendingSum: Sendable {
  /// Waits for the sums. To be called once. Throws ``ClusterError``.
  func wait() throws -> [Float]
}

/// A process by itself.
public struct SingleProcess: ProcessGroup {
  /// A group of one.
  public init() {}

  public var rank: Int { 0 }
  public var count: Int { 1 }
  public func beginSum(_ numbers: [Float]) -> any PendingSum { Sum(numbers: numbers) }
  public func sum(_ numbers: [Double]) -> [Double] { numbers }
  public func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
  public func broadcast(_ bytes: [UInt8]) -> [UInt8] { bytes }
  public func barrier() {}
  public func abort(_ status: Int32) {}

  private struct Sum: PendingSum {
    let numbers: [Float]
    func wait() -> [Float] { numbers }
  }
}

extension ProcessGroup {
  /// Whether this process is the one that writes files and messages.
  public var isFirst: Bool { rank == 0 }
}
