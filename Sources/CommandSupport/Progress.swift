/// A progress bar on standard error, with an estimate of the time left, for work that lasts longer
/// than a second.
///
/// There is none when standard error is not a terminal, or when it is turned off.
public struct Progress: Sendable {
  private let label: String
  private let total: Int
  private let first: Int
  private let isShown: Bool
  private let start = ContinuousClock.now

  /// A bar for `total` units of work called `label`, the first `first` of which were done before;
  /// `isQuiet` turns it off.
  public init(_ label: String, total: Int, from first: Int = 0, isQuiet: Bool) {
    self.label = label
    self.total = total
    self.first = first
    isShown = !isQuiet && Terminal.showsErrors && total > 0
  }

  /// How many units are finished a second, up to number `done`.
  public func rate(_ done: Int) -> Double {
    let time = (ContinuousClock.now - start).components
    return Double(done - first) / max(Double(time.seconds) + Double(time.attoseconds) * 1e-18, 1e-9)
  }

  /// Shows that `done` units are finished; the last clears the line.
  public func show(_ done: Int) { show(done, detail: "") }

  /// Shows that `done` units are finished, and `detail` behind it; the last clears the line.
  public func show(_ done: Int, detail: @autoclosure () -> String) {
    let elapsed = ContinuousClock.now - start
    guard isShown, elapsed > .seconds(1) else { return }
    let line =
      done < total ? Self.line(label, done, of: total, from: first, after: elapsed) + detail() : ""
    Terminal.writeError("\r\(line)\u{1B}[K")
  }

  /// The line for `done` of `total` units, `elapsed` after the first `first`: the time left is what
  /// the rest takes if it goes on like that.
  public static func line(
    _ label: String, _ done: Int, of total: Int, from first: Int = 0, after elapsed: Duration
  ) -> String {
    let filled = 30 * done / total
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
    guard done > first else { return "\(label) [\(bar)] \(done)/\(total)" }
    let seconds = (elapsed * (total - done) / (done - first)).components.seconds
    return "\(label) [\(bar)] \(done)/\(total), \(clock(Int(seconds))) left"
  }

  /// `0:07`, `12:30` or `1:02:03`.
  private static func clock(_ seconds: Int) -> String {
    func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return (hours > 0 ? "\(hours):\(padded(minutes))" : "\(minutes)")
      + ":\(padded(seconds % 60))"
  }
}
