public import Execution
public import Tensors

/// The keys and values that segmentation looks back at, of some objects that appeared together.
///
/// Which frames stay is up to a ``MemoryPolicy``.
public struct MemoryBank: Sendable {
  /// What decides.
  public let policy: any MemoryPolicy
  /// What is in memory, in ascending order of ``MemorizedFrame/number``.
  public private(set) var entries: [MemorizedFrame] = []

  /// An empty memory that `policy` rules.
  public init(_ policy: any MemoryPolicy = EveryNthFrame()) { self.policy = policy }

  /// A memory that `policy` rules, of what it kept before.
  init(_ policy: any MemoryPolicy, entries: [MemorizedFrame]) {
    self.policy = policy
    self.entries = entries
  }

  /// The numbers of the frames in memory, in ascending order.
  public var frames: [Int] { entries.map(\.number) }

  /// The bytes that the memory takes.
  public var byteCount: Int { entries.reduce(0) { $0 + $1.byteCount } }

  /// Adds frame number `frame`: its key `[N, K, h, w]` and value `[N, V, h, w]`. The policy may let
  /// others go for it. `context` is needed by policies that change what is remembered.
  ///
  /// Throws ``ClipError/memoryLimit(limit:expected:)`` or what the context throws.
  public mutating func add(
    frame: Int, key: any HeldTensor, value: any HeldTensor, context: MemoryContext = .asIs
  ) throws {
    try policy.admit(
      MemorizedFrame(number: frame, key: key, value: value), to: &entries, context)
  }

  /// Counts the attention of one read: `[N, T]`, or `[N, T, h, w]` where the policy asks for it.
  public mutating func count(_ attention: FloatTensor) {
    let (objects, frames) = (attention.shape[0], attention.shape[1])
    let plane = attention.shape.elementCount / (objects * frames)
    for frame in 0..<frames {
      let parts = (0..<objects).map { object in
        let start = (object * frames + frame) * plane
        return attention.values[start..<start + plane]
      }
      entries[frame].count(
        policy.attention == .entries
          ? ArraySlice(parts.joined()) : [parts.joined().reduce(0, +)])
    }
  }

  /// The keys of all frames, `[N, K, T, h, w]`.
  public var keys: FrameStack { FrameStack(entries.map(\.key)) }

  /// The values of all frames, `[N, V, T, h, w]`.
  public var values: FrameStack { FrameStack(entries.map(\.value)) }
}
