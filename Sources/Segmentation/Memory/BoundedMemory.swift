public import Execution

/// Every n-th frame, but no more of them than a limit: the one that reads attended to least leaves.
///
/// The first frame, whose mask is given, and the one before the current always stay. Attention is
/// the mean over the reads since a frame is there.
public struct BoundedMemory: MemoryPolicy {
  /// What the memory may hold, at least 2 frames.
  public let limit: MemoryLimit
  /// The distance of the frames that are considered.
  public let interval: Int

  /// A memory of at most `limit`, of every `interval`-th frame.
  public init(_ limit: MemoryLimit = MemoryPolicyName.standardLimit, every interval: Int = 5) {
    precondition(interval >= 1, "interval \(interval)")
    self.limit = limit
    self.interval = interval
  }

  public var description: String { "\(MemoryPolicyName.bounded.rawValue) of \(interval), \(limit)" }

  public var attention: AttentionDetail? { .frames }

  public func admit(
    _ frame: MemorizedFrame, to frames: inout [MemorizedFrame], _ context: MemoryContext
  ) throws {
    let most = try limit.frameCount(
      like: frame, context, fewest: MemoryPolicyName.bounded.fewestFrames)
    frames.removePassing(interval)
    while frames.count >= most, let index = frames.leastAttended(in: 1..<frames.count) {
      frames.remove(at: index)
    }
    frames.append(frame)
  }
}
