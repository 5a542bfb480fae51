public import Tensors

/// The keys and values of the frames that segmentation looks back at.
///
/// The published policy: frames 0, 5, 10, ... are kept for good, and the frame before the current
/// one is always there.
public struct MemoryBank: Sendable {
  private struct Entry {
    let frame: Int
    let key: FloatTensor
    let value: FloatTensor
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

  /// Adds frame number `frame`: its key `[N, K, h, w]` and value `[N, V, h, w]`.
  ///
  /// The frame before it leaves, unless it is one of those kept.
  public mutating func add(frame: Int, key: FloatTensor, value: FloatTensor) {
    if let last = entries.last, last.frame % interval != 0 { entries.removeLast() }
    entries.append(Entry(frame: frame, key: key, value: value))
  }

  /// The keys of all frames, `[N, K, T, h, w]`.
  public var keys: FloatTensor { Self.joined(entries.map(\.key)) }

  /// The values of all frames, `[N, V, T, h, w]`.
  public var values: FloatTensor { Self.joined(entries.map(\.value)) }

  /// `[N, C, h, w]` of each frame to `[N, C, T, h, w]` of all.
  private static func joined(_ frames: [FloatTensor]) -> FloatTensor {
    guard let shape = frames.first?.shape else { preconditionFailure("the memory is empty") }
    let plane = shape[2] * shape[3]
    var values: [Float] = []
    values.reserveCapacity(frames.count * shape.elementCount)
    for start in stride(from: 0, to: shape.elementCount, by: plane) {
      for frame in frames { values += frame.values[start..<start + plane] }
    }
    return FloatTensor(
      shape: [shape[0], shape[1], frames.count, shape[2], shape[3]], values: values)
  }
}
