public import Execution
import Tensors

/// The key and value of a frame that segmentation looks back at, or of what a policy made of several.
public struct MemorizedFrame: Sendable {
  /// The number of the frame; where it was made of several, of the newest.
  public let number: Int
  /// The key `[N, K, h, w]` of every object, as the memory read takes it.
  public let key: any HeldTensor
  /// The value `[N, V, h, w]`.
  public let value: any HeldTensor
  /// Whether a policy made it of several frames.
  public let isCondensed: Bool
  /// The attention that it was paid since it is there, counted as its policy asks for: one number,
  /// or `N · h · w`.
  public var attention: [Float]
  /// The number of reads since it is there.
  public var reads: Int

  /// Frame `number`, which nothing has read yet.
  public init(
    number: Int, key: any HeldTensor, value: any HeldTensor, isCondensed: Bool = false
  ) {
    self.number = number
    self.isCondensed = isCondensed
    self.key = key
    self.value = value
    attention = []
    reads = 0
  }

  /// The bytes that key and value take.
  public var byteCount: Int { key.byteCount + value.byteCount }

  /// The number of entries of all objects.
  var entryCount: Int { key.shape[0] * key.shape[2] * key.shape[3] }

  /// The attention a read, over all objects and entries.
  var attentionPerRead: Float { attention.reduce(0, +) / Float(max(reads, 1)) }

  /// The attention a read of every entry, `N · h · w`: nothing where nothing was counted.
  var entryAttention: [Float] {
    attention.count == entryCount
      ? attention.map { $0 / Float(max(reads, 1)) } : [Float](repeating: 0, count: entryCount)
  }

  /// Counts one more read, in which it was paid `part`.
  mutating func count(_ part: ArraySlice<Float>) {
    if attention.count == part.count {
      for (index, share) in part.enumerated() { attention[index] += share }
    } else {
      attention = Array(part)
    }
    reads += 1
  }
}
