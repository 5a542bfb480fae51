import Cluster
import Synchronization
import Tensors
import Testing

@testable import Training

@Suite struct GradientExchangeTests {
  /// A group whose other process hands in the same numbers, and that remembers what was sent.
  final class Echo: ProcessGroup {
    struct Sum: PendingSum {
      let numbers: [Float]
      func wait() -> [Float] { numbers.map { 2 * $0 } }
    }

    let sent = Mutex<[Int]>([])
    var rank: Int { 0 }
    var count: Int { 2 }
    func beginSum(_ numbers: [Float]) -> any PendingSum {
      sent.withLock { $0.append(numbers.count) }
      return Sum(numbers: numbers)
    }
    func sum(_ numbers: [Double]) -> [Double] { numbers.map { 2 * $0 } }
    func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes, bytes] }
    func broadcast(_ bytes: [UInt8]) -> [UInt8] { bytes }
    func barrier() {}
    func abort(_ status: Int32) {}
  }

  static func tensor(_ shape: Shape, from first: Float) -> FloatTensor {
    FloatTensor(shape: shape, values: (0..<shape.elementCount).map { first + Float($0) })
  }

  @Test func `every tensor comes back summed, in its shape`() throws {
    let group = Echo()
    var exchange = GradientExchange(in: group, bucketSize: 5)
    let (a, b, c) = (
      Self.tensor([2, 2], from: 1), Self.tensor([3], from: 10), Self.tensor([1], from: -4)
    )
    try exchange.add(["b": b, "a": a])
    try exchange.add(["c": c])
    let sums = try exchange.finish()
    #expect(sums.keys.sorted() == ["a", "b", "c"])
    for (name, tensor) in ["a": a, "b": b, "c": c] {
      #expect(sums[name]?.shape == tensor.shape)
      #expect(sums[name]?.values == tensor.values.map { 2 * $0 })
    }
  }

  @Test func `a bucket is sent off as soon as it is full, in the order of names`() throws {
    let group = Echo()
    var exchange = GradientExchange(in: group, bucketSize: 5)
    try exchange.add(["b": Self.tensor([3], from: 0), "a": Self.tensor([4], from: 0)])
    #expect(group.sent.withLock { $0 } == [7])
    try exchange.add(["c": Self.tensor([9], from: 0)])
    #expect(group.sent.withLock { $0 } == [7, 9])
    try exchange.add(["d": Self.tensor([2], from: 0)])
    #expect(group.sent.withLock { $0 } == [7, 9])
    _ = try exchange.finish()
    #expect(group.sent.withLock { $0 } == [7, 9, 2])
  }
}
