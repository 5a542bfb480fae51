/// A progress bar on standard error, for work that lasts longer than a second.
///
/// There is none when standard error is not a terminal, or when it is turned off.
public struct Progress {
  private let label: String
  private let total: Int
  private let isShown: Bool
  private let start = ContinuousClock.now

  /// A bar for `total` units of work called `label`; `isQuiet` turns it off.
  public init(_ label: String, total: Int, isQuiet: Bool) {
    self.label = label
    self.total = total
    isShown = !isQuiet && Terminal.showsErrors && total > 0
  }

  /// How many units are finished a second, `done` of them so far.
  public func rate(_ done: Int) -> Double {
    let time = (ContinuousClock.now - start).components
    return Double(done) / max(Double(time.seconds) + Double(time.attoseconds) * 1e-18, 1e-9)
  }

  /// Shows that `done` units are finished, and `detail`; the last clears the line.
  public func show(_ done: Int, _ detail: @autoclosure () -> String = "") {
    guard isShown, ContinuousClock.now - start > .seconds(1) else { return }
    let filled = 30 * done / total
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
    Terminal.writeError(
      done < total ? "\r\(label) [\(bar)] \(done)/\(total)\(detail())\u{1B}[K" : "\r\u{1B}[K")
  }
}
