import Dispatch
import Quantization
import Synchronization
import Tensors

extension ErrorDistribution {
  /// The elements that one thread goes through at a time; what comes of them is put together in
  /// their order, so that results do not depend on threads.
  private static let partCount = 1 << 17

  /// The distribution of two tensors whose metrics are `metrics` and of which the candidate holds
  /// its own as `storage` says; one may be as long as a part of the other, and then stands beside
  /// each such part.
  init(
    reference: FloatTensor, candidate: FloatTensor, of metrics: ErrorMetrics, in storage: Storage
  ) {
    self.init()
    let (left, right) = (reference.values.count, candidate.values.count)
    let least = min(left, right)
    guard least > 0 else { return }
    var ranges: [(Range<Int>, Range<Int>)] = []
    for start in stride(from: 0, to: max(left, right), by: least) {
      for offset in stride(from: 0, to: least, by: Self.partCount) {
        let range = offset..<min(offset + Self.partCount, least)
        let moved = range.lowerBound + start..<range.upperBound + start
        ranges.append((left == least ? range : moved, right == least ? range : moved))
      }
    }
    let parts = Mutex([ErrorDistribution](repeating: ErrorDistribution(), count: ranges.count))
    DispatchQueue.concurrentPerform(iterations: ranges.count) { [ranges] index in
      var part = ErrorDistribution()
      part.include(
        reference: reference.values.span.extracting(ranges[index].0),
        candidate: candidate.values.span.extracting(ranges[index].1), of: metrics, in: storage)
      parts.withLock { $0[index] = part }
    }
    for part in parts.withLock({ $0 }) { include(part) }
  }
}
