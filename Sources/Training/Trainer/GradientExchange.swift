import Cluster
import Tensors

/// Adds up gradients over processes, in buckets that are on their way while further gradients are
/// still computed (Li et al., *PyTorch Distributed*, VLDB 2020, section 3.2).
///
/// All processes must hand in the same tensors in the same order.
struct GradientExchange {
  /// The numbers of a bucket that is sent off: 4 MiB.
  static let bucketSize = 1 << 20

  /// A tensor's place in a bucket.
  private typealias Part = (name: String, shape: Shape)

  private let group: any ProcessGroup
  private let bucketSize: Int
  private var sums: [(parts: [Part], sum: any PendingSum)] = []
  private var parts: [Part] = []
  private var numbers: [Float] = []

  /// An exchange in `group`, with buckets of at least `bucketSize` numbers.
  init(in group: any ProcessGroup, bucketSize: Int = Self.bucketSize) {
    self.group = group
    self.bucketSize = bucketSize
  }

  /// Hands in `gradients`, in the order of their names. Throws `ClusterError`.
  mutating func add(_ gradients: [String: FloatTensor]) throws {
    for (name, tensor) in gradients.sorted(by: { $0.key < $1.key }) {
      parts.append((name, tensor.shape))
      numbers += tensor.values
      if numbers.count >= bucketSize { try send() }
    }
  }

  /// The sums of everything that was handed in, by name. Throws `ClusterError`.
  mutating func finish() throws -> [String: FloatTensor] {
    if !parts.isEmpty { try send() }
    var result: [String: FloatTensor] = [:]
    for (parts, sum) in sums {
      let numbers = try sum.wait()
      var start = 0
      for (name, shape) in parts {
        let end = start + shape.elementCount
        result[name] = FloatTensor(shape: shape, values: Array(numbers[start..<end]))
        start = end
      }
    }
    sums = []
    return result
  }

  private mutating func send() throws {
    sums.append((parts, try group.beginSum(numbers)))
    (parts, numbers) = ([], [])
  }
}
