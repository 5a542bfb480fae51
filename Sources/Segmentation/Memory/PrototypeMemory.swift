public import Execution

/// A working memory of every n-th frame and a long-term memory of prototypes: when the first is
/// full, the older half of its frames is consolidated into the second.
///
/// After Cheng and Schwing, *XMem: Long-Term Video Object Segmentation with an Atkinson-Shiffrin
/// Memory Model*, ECCV 2022, section 3.3: the entries that reads attended to most become prototypes,
/// each with a value read with its key from all candidates; the long-term memory forgets what is
/// attended to least. The similarity is that of this network's memory read, and prototypes come in
/// whole frames. Of a limit of `L` frames a quarter is long-term memory; the first frame, whose mask
/// is given, and the one before the current always stay.
public struct PrototypeMemory: MemoryPolicy {
  /// What the memory may hold, at least 5 frames.
  public let limit: MemoryLimit
  /// The distance of the frames that are considered.
  public let interval: Int

  /// A memory of at most `limit`, of every `interval`-th frame.
  public init(_ limit: MemoryLimit = MemoryPolicyName.standardLimit, every interval: Int = 5) {
    precondition(interval >= 1, "interval \(interval)")
    self.limit = limit
    self.interval = interval
  }

  public var description: String {
    "\(MemoryPolicyName.prototypes.rawValue) of \(interval), \(limit)"
  }

  public var attention: AttentionDetail? { .entries }

  public func admit(
    _ frame: MemorizedFrame, to frames: inout [MemorizedFrame], _ context: MemoryContext
  ) throws {
    let most = try limit.frameCount(
      like: frame, context, fewest: MemoryPolicyName.prototypes.fewestFrames)
    frames.removePassing(interval)
    while frames.count >= most {
      try consolidate(&frames, longTerm: max(1, most / 4), context)
    }
    frames.append(frame)
  }

  /// Makes one frame of prototypes of the older half of the working memory, which leaves.
  private func consolidate(
    _ frames: inout [MemorizedFrame], longTerm: Int, _ context: MemoryContext
  ) throws {
    let working = 1 + frames.count { $0.isCondensed }..<frames.count
    let chosen = working.prefix(max(2, working.count / 2))
    let candidates = try MemoryEntries(Array(frames[chosen.startIndex..<chosen.endIndex]))
    var known = Array(frames[1..<working.lowerBound])
    let numbers = known.map(\.number) + [frames[chosen.endIndex - 1].number]
    known += try candidates.prototypes(count: candidates.frameSize)
      .frames(numbers: numbers.suffix(1), context)
    if known.count > longTerm {
      known = try MemoryEntries(known).mostAttended(longTerm * candidates.frameSize)
        .frames(numbers: numbers.suffix(longTerm), context)
    }
    frames.replaceSubrange(1..<chosen.endIndex, with: known)
  }
}
