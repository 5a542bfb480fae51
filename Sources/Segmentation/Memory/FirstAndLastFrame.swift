/// The first frame and the one before the current: the smallest memory that knows the objects and
/// follows them.
public struct FirstAndLastFrame: MemoryPolicy {
  /// The policy.
  public init() {}

  public var description: String { MemoryPolicyName.firstAndLast.rawValue }

  public func admit(
    _ frame: MemorizedFrame, to frames: inout [MemorizedFrame], _ context: MemoryContext
  ) {
    if frames.count > 1 { frames.removeLast() }
    frames.append(frame)
  }
}
