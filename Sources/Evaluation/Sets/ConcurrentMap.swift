import Dispatch
import Synchronization

/// What `transform` makes of `items`, in their order, on so many threads.
///
/// `progress` is given how many are done, and of how many.
package func concurrentMap<Item: Sendable, Output: Sendable>(
  _ items: [Item], threads: Int, progress: @Sendable (Int, Int) -> Void = { _, _ in },
  _ transform: @Sendable (Item) -> Output
) -> [Output] {
  let outputs = Mutex([Output?](repeating: nil, count: items.count))
  let next = Atomic(0)
  let done = Atomic(0)
  DispatchQueue.concurrentPerform(iterations: min(threads, items.count)) { _ in
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < items.count else { return }
      let output = transform(items[index])
      outputs.withLock { $0[index] = output }
      progress(done.add(1, ordering: .relaxed).newValue, items.count)
    }
  }
  return outputs.withLock { $0 }.compactMap { $0 }
}
