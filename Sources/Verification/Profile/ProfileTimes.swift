import Execution
import Foundation

/// How long something took in each of several runs.
public struct ProfileTimes: Sendable, Hashable {
  /// The seconds of each run, in order; there is at least one.
  public let seconds: [Double]

  /// The times of runs that took so many seconds, of which there must be at least one.
  public init(_ seconds: [Double]) {
    precondition(!seconds.isEmpty, "times of no run")
    self.seconds = seconds
  }

  /// The middle of the runs' seconds; of an even number, the mean of the two in the middle.
  public var median: Double {
    let sorted = seconds.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The seconds of the quickest run.
  public var minimum: Double { seconds.min() ?? 0 }
}

/// The seconds that `work` takes, and what it returns. Throws what it throws.
func timed<Result>(_ work: () throws -> Result) rethrows -> (seconds: Double, result: Result) {
  let start = ContinuousClock.now
  let result = try work()
  return ((ContinuousClock.now - start) / .seconds(1), result)
}

extension CompiledProgram {
  /// The times of the steps over `rounds` runs on `inputs`, by the step's name.
  ///
  /// A step's time begins where the step before it ended, so that seams between precisions and
  /// layouts count to the step that reads. Throws what running throws.
  func stepTimes(
    _ inputs: [String: any HeldTensor], rounds: Int
  ) throws -> [String: ProfileTimes] {
    var seconds: [String: [Double]] = [:]
    for _ in 0..<rounds {
      var last = ContinuousClock.now
      let taps = Taps { step in
        let now = ContinuousClock.now
        seconds[step, default: []].append((now - last) / .seconds(1))
        last = now
      }
      _ = try run(held: inputs, taps: taps)
    }
    return seconds.mapValues(ProfileTimes.init)
  }
}

/// What the system says of this process.
enum ProcessMemory {
  /// The most bytes that were resident at once; nil where the system does not say.
  ///
  /// `getrusage` would do, but its figure survives `exec`: a large parent's memory would count.
  static var peak: Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first
    else { return nil }
    return Int(kibibytes).map { $0 * 1024 }
  }
}
