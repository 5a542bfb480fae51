import Synchronization

/// Pictures that were read and may be asked for again, as many as a number of bytes allows; those
/// that nobody asked for longest go first.
///
/// Nothing but time depends on what it holds. Several threads may use it; two that ask for one
/// picture at the same time may both read it.
final class PictureCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    let value: Value
    let byteCount: Int
    var lastUse: Int
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var byteCount = 0
    var uses = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  /// An empty cache of at most `limit` bytes.
  init(limit: Int) { self.limit = limit }

  /// The bytes that are held.
  var byteCount: Int { state.withLock { $0.byteCount } }

  /// What is held for `key`, or else what `read` makes, which says how many bytes it takes.
  ///
  /// Throws what `read` throws, and then holds nothing.
  func value(for key: Key, read: () throws -> (value: Value, byteCount: Int)) rethrows -> Value {
    let held = state.withLock { state -> Value? in
      state.uses += 1
      state.entries[key]?.lastUse = state.uses
      return state.entries[key]?.value
    }
    if let held { return held }
    let (value, byteCount) = try read()
    guard byteCount <= limit else { return value }
    state.withLock { state in
      guard state.entries[key] == nil else { return }
      state.byteCount += byteCount
      state.entries[key] = Entry(value: value, byteCount: byteCount, lastUse: state.uses)
      while state.byteCount > limit,
        let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        state.entries[oldest.key] = nil
        state.byteCount -= oldest.value.byteCount
      }
    }
    return value
  }
}
