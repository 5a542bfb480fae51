import CommandSupport
import Synchronization

/// A progress bar of frames, the number of which is known when the first is done.
final class FrameProgress: Sendable {
  private struct State {
    var bar: Progress?
    var done = 0
  }

  private let isQuiet: Bool
  private let state = Mutex(State())

  /// A bar; `isQuiet` turns it off.
  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  /// Shows that `done` of `total` frames are finished; threads may come out of turn.
  func show(_ done: Int, of total: Int) {
    state.withLock { state in
      if state.bar == nil { state.bar = Progress("evaluating", total: total, isQuiet: isQuiet) }
      state.done = max(state.done, done)
      state.bar?.show(state.done)
    }
  }
}
