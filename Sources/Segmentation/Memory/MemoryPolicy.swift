public import Execution
public import Tensors

/// What decides which frames stay in memory.
///
/// A policy is given every frame once, right after it was segmented or given a mask, and may look at
/// the attention that reads have paid to those before it. Its description tells it, with all that it
/// was configured with, from any other: saved sessions go on with a policy of the same description.
public protocol MemoryPolicy: Sendable, CustomStringConvertible {
  /// How finely the attention of reads has to be counted; nil: not at all.
  var attention: AttentionDetail? { get }

  /// Puts `frame` behind `frames` and makes room for it. The first of `frames` is the one that the
  /// objects were given in.
  ///
  /// Throws ``ClipError/memoryLimit(limit:expected:)`` or what `context` throws.
  func admit(
    _ frame: MemorizedFrame, to frames: inout [MemorizedFrame], _ context: MemoryContext) throws
}

extension MemoryPolicy {
  public var attention: AttentionDetail? { nil }
}

/// What a policy needs to know of the session that it works for.
public struct MemoryContext {
  /// The objects that all memories of the session have together; 0: those of this memory.
  public let objectCount: Int
  /// Brings a key `[N, K, h, w]` and a value `[N, V, h, w]` into the form in which reads take them.
  public let prepare: (FloatTensor, FloatTensor) throws -> (any HeldTensor, any HeldTensor)

  /// A context of `objectCount` objects.
  public init(
    objectCount: Int,
    prepare: @escaping (FloatTensor, FloatTensor) throws -> (any HeldTensor, any HeldTensor)
  ) {
    self.objectCount = objectCount
    self.prepare = prepare
  }

  /// One memory whose reads take tensors as they are.
  public static var asIs: MemoryContext { MemoryContext(objectCount: 0) { ($0, $1) } }
}

/// The policies by name.
public enum MemoryPolicyName: String, Sendable, CaseIterable {
  /// ``EveryNthFrame``.
  case everyNth = "every-n"
  /// ``FirstAndLastFrame``.
  case firstAndLast = "first-and-last"
  /// ``BoundedMemory``.
  case bounded
  /// ``MergedMemory``.
  case merge
  /// ``PrototypeMemory``.
  case prototypes

  /// The frames that a limited memory holds unless told otherwise.
  public static let standardLimit = MemoryLimit.frames(8)

  /// Whether its memory has a limit that can be chosen.
  public var isLimited: Bool {
    switch self {
    case .everyNth, .firstAndLast: false
    case .bounded, .merge, .prototypes: true
    }
  }

  /// The fewest frames that its memory can do with.
  public var fewestFrames: Int {
    switch self {
    case .everyNth, .firstAndLast, .bounded: 2
    case .merge: 3
    case .prototypes: 5
    }
  }

  /// The policy that considers every `interval`-th frame and holds no more than `limit`.
  public func policy(
    interval: Int = 5, limit: MemoryLimit = standardLimit
  ) -> any MemoryPolicy {
    switch self {
    case .everyNth: EveryNthFrame(interval)
    case .firstAndLast: FirstAndLastFrame()
    case .bounded: BoundedMemory(limit, every: interval)
    case .merge: MergedMemory(limit, every: interval)
    case .prototypes: PrototypeMemory(limit, every: interval)
    }
  }
}
