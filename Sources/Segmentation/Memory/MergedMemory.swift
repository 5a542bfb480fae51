public import Execution

/// Every n-th frame until the memory is full; from then on each of their entries goes into the one
/// that it is most similar to, as a moving average, or takes the place of one that reads ignore.
///
/// After Liang, Li, Jafari and Chen, *Video Object Segmentation with Adaptive Feature Bank and
/// Uncertain-Region Refinement* (AFB-URR), NeurIPS 2020, sections 3.2 and 3.3: keys are similar from a
/// cosine of 0.95 on, a new entry weighs a tenth, and the least used entries are replaced. Unlike
/// there, the bank is always whole frames, and the entries of the first frame, whose mask is given,
/// stay as they are.
public struct MergedMemory: MemoryPolicy {
  /// The cosine from which on two keys are one.
  public static let closeness: Float = 0.95
  /// What a new entry weighs in the average.
  public static let rate: Float = 0.1

  /// What the memory may hold, at least 3 frames.
  public let limit: MemoryLimit
  /// The distance of the frames that are considered.
  public let interval: Int

  /// A memory of at most `limit`, of every `interval`-th frame.
  public init(_ limit: MemoryLimit = MemoryPolicyName.standardLimit, every interval: Int = 5) {
    precondition(interval >= 1, "interval \(interval)")
    self.limit = limit
    self.interval = interval
  }

  public var description: String { "\(MemoryPolicyName.merge.rawValue) of \(interval), \(limit)" }

  public var attention: AttentionDetail? { .entries }

  public func admit(
    _ frame: MemorizedFrame, to frames: inout [MemorizedFrame], _ context: MemoryContext
  ) throws {
    let most = try limit.frameCount(
      like: frame, context, fewest: MemoryPolicyName.merge.fewestFrames)
    frames.removePassing(interval)
    while frames.count > most, let index = frames.leastAttended(in: 1..<frames.count - 1) {
      frames.remove(at: index)
    }
    if frames.count == most {
      let new = frames.removeLast()
      frames.replaceSubrange(1..., with: try absorb(new, into: frames[1...], context))
    }
    frames.append(frame)
  }

  private func absorb(
    _ new: MemorizedFrame, into bank: ArraySlice<MemorizedFrame>, _ context: MemoryContext
  ) throws -> [MemorizedFrame] {
    var entries = try MemoryEntries(Array(bank))
    let added = try MemoryEntries([new])
    for object in 0..<entries.objectCount {
      let (places, cosines) = entries.mostSimilar(to: added, object)
      var ignored = entries.leastAttended(object)[...]
      // A place that was just averaged into, or filled, is not given away.
      var isTaken = [Bool](repeating: false, count: entries.count)
      for (place, cosine) in zip(places, cosines) where cosine >= Self.closeness {
        isTaken[place] = true
      }
      let fresh = entries.meanAttention(object)
      for entry in 0..<added.count {
        if cosines[entry] >= Self.closeness {
          entries.average(object, places[entry], with: added, entry, rate: Self.rate)
          continue
        }
        ignored = ignored.drop { isTaken[$0] }
        guard let place = ignored.popFirst() else { break }
        entries.replace(object, place, by: added, entry, attention: fresh)
      }
    }
    return try entries.frames(numbers: bank.map(\.number), context)
  }
}
