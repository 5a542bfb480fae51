public import ArgumentParser
public import Segmentation

/// What is kept in memory.
public struct MemoryPolicyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What decides which frames stay in memory: every-n, as published, whose memory grows with the \
      clip; first-and-last; or what holds no more than --memory-limit: bounded, which evicts what is \
      attended to least, merge, which averages similar entries, or prototypes, which consolidates \
      old frames.
      """, valueName: "name"))
  var memoryPolicy = MemoryPolicyName.everyNth

  @Option(
    help: ArgumentHelp(
      "Consider every so many frames for keeping beyond the next one.", valueName: "n"))
  var memoryEvery = 5

  @Option(
    help: ArgumentHelp(
      "What the memory may hold: frames, as in 8, or bytes, as in 64MB. (default: 8 frames)",
      valueName: "frames|size"))
  var memoryLimit: MemoryLimit?

  public init() {}

  public func validate() throws {
    if memoryEvery < 1 {
      throw ValidationError("--memory-every: expected at least 1, found \(memoryEvery)")
    }
    if memoryLimit != nil && !memoryPolicy.isLimited {
      let limited = MemoryPolicyName.allCases.filter(\.isLimited).map(\.rawValue)
      throw ValidationError(
        "--memory-limit: expected --memory-policy \(limited.joined(separator: ", ")), "
          + "found \(memoryPolicy.rawValue)",
        hint: "add one of these: --memory-policy \(limited[0])")
    }
    if case .frames(let count)? = memoryLimit, count < memoryPolicy.fewestFrames {
      throw ValidationError(
        "--memory-limit: expected at least \(memoryPolicy.fewestFrames) frames for "
          + "--memory-policy \(memoryPolicy.rawValue), found \(count)")
    }
  }

  /// The policy that was asked for.
  public func policy() -> any MemoryPolicy {
    memoryPolicy.policy(
      interval: memoryEvery, limit: memoryLimit ?? MemoryPolicyName.standardLimit)
  }
}

extension MemoryPolicyName: ExpressibleByArgument {}

extension MemoryLimit: ExpressibleByArgument {
  /// Parses `8` or `64MB`.
  public init?(argument: String) { self.init(argument) }
}
