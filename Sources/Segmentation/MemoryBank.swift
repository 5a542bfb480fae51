public import Execution
import Tensors

/// The keys and values of the frames that segmentation looks back at.
///
/// The published policy: frames 0, 5, 10, ... are kept for good, and the frame before the current
/// one is always there.
public struct MemoryBank: Sendable {
  private struct Entry {
    let frame: Int
    let key: any HeldTensor
    let value: any HeldTensor
  }

  private let interval: Int
  private var entries: [Entry] = []

  /// An empty memory that keeps every `interval`-th frame.
  public init(keepingEvery interval: Int = 5) {
    precondition(interval >= 1, "interval \(interval)")
    self.interval = interval
  }

  /// The frames in memory, in ascending order.
  public var frames: [Int] { entries.map(\.frame) }

  /// The number of objects of the frames in memory; nil where there are none.
  var objectCount: Int? { entries.first?.key.shape[0] }

  /// Adds frame number `frame`: its key `[N, K, h, w]` and value `[N, V, h, w]`.
  ///
  /// The frame before it leaves, unless it is one of those kept.
  public mutating func add(frame: Int, key: any HeldTensor, value: any HeldTensor) {
    if let last = entries.last, last.frame % interval != 0 { entries.removeLast() }
    entries.append(Entry(frame: frame, key: key, value: value))
  }

  /// The keys of all frames, `[N, K, T, h, w]`.
  public var keys: FrameStack { FrameStack(entries.map(\.key)) }

  /// The values of all frames, `[N, V, T, h, w]`.
  public var values: FrameStack { FrameStack(entries.map(\.value)) }
}
