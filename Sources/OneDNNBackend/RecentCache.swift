/// Remembers what was made for the keys that were asked for last.
struct RecentCache<Key: Hashable, Value> {
  private let capacity: Int
  private var entries: [Key: (value: Value, use: Int)] = [:]
  private var uses = 0

  /// A cache of at most `capacity` values.
  init(capacity: Int) { self.capacity = capacity }

  /// The value for `key`; what `make` returns where none is remembered.
  mutating func value(for key: Key, make: () throws -> Value) rethrows -> Value {
    uses += 1
    if let known = entries[key]?.value {
      entries[key]?.use = uses
      return known
    }
    let value = try make()
    if entries.count >= capacity, let oldest = entries.min(by: { $0.value.use < $1.value.use }) {
      entries[oldest.key] = nil
    }
    entries[key] = (value, uses)
    return value
  }
}
