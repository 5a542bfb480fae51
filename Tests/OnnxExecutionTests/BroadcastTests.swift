import Tensors
import Testing

@testable import OnnxExecution

@Suite struct BroadcastTests {
  @Test func `merges dimensions over which both operands advance alike`() throws {
    let broadcast = try Broadcast([2, 3, 4, 5], [3, 1, 1])
    var runs: [[Int]] = []
    broadcast.forEachRun { runs.append([$0, $1, $2]) }
    #expect(
      runs == [[0, 0, 0], [20, 1, 20], [40, 2, 40], [60, 0, 60], [80, 1, 80], [100, 2, 100]])
  }

  @Test func `has no runs where an extent is 0, however large the others are`() throws {
    let broadcast = try Broadcast([0, 1 << 40, 1 << 40], [1, 1 << 40, 1])
    #expect(broadcast.shape == [0, 1 << 40, 1 << 40])
    #expect(broadcast.combine([] as [Float], [1]) { $0 + $1 } == [])
  }

  @Test func `repeats two vectors over each other`() throws {
    let broadcast = try Broadcast([3, 1], [2])
    #expect(broadcast.combine([10, 20, 30], [1, 2]) { $0 + $1 } == [11, 12, 21, 22, 31, 32])
    #expect(broadcast.expandLeft([10, 20, 30]) == [10, 10, 20, 20, 30, 30])
  }
}
