/// A progress bar on standard error, for work that lasts longer than a second.
///
/// There is none when standard error is not a terminal, or when it is turned off.
public struct Progress: Sendable {
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

  /// Shows that `done` units are finished; the last clears the line.
  public func show(_ done: Int) {
    guard isShown, ContinuousClock.now - start > .seconds(1) else { return }
    let filled = 30 * done / total
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
    Terminal.writeError(
      done < total ? "\r\(label) [\(bar)] \(done)/\(total)" : "\r\u{1B}[K")
  }
}
