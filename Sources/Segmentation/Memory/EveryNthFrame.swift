/// The published policy: the first frame and every n-th are kept for good, and the frame before the
/// current one is always there (Oh et al., *Video Object Segmentation using Space-Time Memory
/// Networks*, ICCV 2019). The memory grows with the video.
public struct EveryNthFrame: MemoryPolicy {
  /// The distance of the frames that are kept.
  public let interval: Int

  /// Keeps frames 0, `interval`, 2 · `interval`, ...
  public init(_ interval: Int = 5) {
    precondition(interval >= 1, "interval \(interval)")
    self.interval = interval
  }

  public var description: String { "\(MemoryPolicyName.everyNth.rawValue) of \(interval)" }

  public func admit(
    _ frame: MemorizedFrame, to frames: inout [MemorizedFrame], _ context: MemoryContext
  ) {
    frames.removePassing(interval)
    frames.append(frame)
  }
}

extension [MemorizedFrame] {
  /// Removes the last frame where it was there only to come before the current one: neither the
  /// first, nor one whose number `interval` divides.
  mutating func removePassing(_ interval: Int) {
    if count > 1, let last, last.number % interval != 0 { removeLast() }
  }

  /// The place among `range` of the frame that was paid least attention a read, the older of two.
  func leastAttended(in range: Range<Int>) -> Int? {
    range.min { self[$0].attentionPerRead < self[$1].attentionPerRead }
  }
}
