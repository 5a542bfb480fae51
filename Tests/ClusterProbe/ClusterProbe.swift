import Cluster
import Files
import Foundation

/// One of several processes that do what the argument says, for the tests of process groups: it writes
/// a line that starts with its rank.
@main struct ClusterProbe {
  enum Action: String {
    case sums, largeSum, gather, broadcast, manyThreads, share, shareFails, oneAborts, oneCrashes
  }

  static func main() {
    guard let name = CommandLine.arguments.dropFirst().first, let action = Action(rawValue: name)
    else { exit(64) }
    do {
      let group = try ProcessGroups.current()
      let found = try perform(action, in: group)
      try FileHandle.standardOutput.write(contentsOf: Data("\(group.rank): \(found)\n".utf8))
      exit(0)
    } catch let error as any DiagnosticError {
      let text = ["\(error.fault)"] + error.lines + [error.hint]
      FileHandle.standardError.write(Data("\(text.joined(separator: "; "))\n".utf8))
      exit(1)
    } catch { exit(70) }
  }

  private static func perform(_ action: Action, in group: any ProcessGroup) throws -> String {
    let rank = group.rank
    switch action {
    case .sums:
      let sums = try [[1, Float(rank)], [], [0.5, 0.25, Float(rank * rank)]].map(group.beginSum)
      let doubles = try group.sum([Double(rank) + 0.1])
      let last = try sums[2].wait()
      return "\(try sums[0].wait()) \(try sums[1].wait()) \(last) \(doubles)"
    case .largeSum:
      var state = UInt64(rank + 1)
      let numbers = (0..<300_000).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int64(bitPattern: state) >> 24) * 0x1p-40
      }
      let sums = try group.beginSum(numbers).wait()
      return "\(sums.count) \(hash(sums.map(\.bitPattern)))"
    case .gather:
      return "\(try group.gather([UInt8](repeating: UInt8(rank + 1), count: 2 * (1 - rank % 2))))"
    case .broadcast:
      // More than two parts of what one call of MPI sends.
      let count = 40 << 20
      var bytes = [UInt8](repeating: UInt8(rank), count: rank == 0 ? count : 0)
      if rank == 0 { (bytes[0], bytes[count / 2], bytes[count - 1]) = (1, 2, 3) }
      let received = try group.broadcast(bytes)
      return "\(received.count) \(received[0]) \(received[1]) \(received[count / 2]) "
        + "\(received[count - 1])"
    case .manyThreads:
      try group.barrier()
      let first = try group.beginSum([Float(rank)])
      let sums = Sums()
      let thread = Thread { sums.finish(first) }
      thread.start()
      let gathered = try group.gather([UInt8(rank)])
      return "\(sums.wait()) \(gathered)"
    case .share:
      let own = try group.share(Array(0..<5)) { items in items.map { "\($0 * $0) by \(rank)" } }
      return "\(own)"
    case .shareFails:
      _ = try group.share([1, 2, 3]) { items in
        guard rank == 0 else { throw FileError.notFound(path: "item \(items)") }
        return items
      }
      return "went on"
    case .oneAborts, .oneCrashes:
      if rank == 1 {
        if action == .oneCrashes { Foundation.abort() }
        group.abort(7)
      }
      try group.barrier()
      return "went on"
    }
  }

  private static func hash(_ words: [UInt32]) -> UInt64 {
    words.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

/// What a thread of its own waits for.
private final class Sums: @unchecked Sendable {
  // Written before the signal, read after it.
  private var sums: [Float] = []
  private let done = DispatchSemaphore(value: 0)

  func finish(_ pending: any PendingSum) {
    sums = (try? pending.wait()) ?? []
    done.signal()
  }

  func wait() -> [Float] {
    done.wait()
    return sums
  }
}
