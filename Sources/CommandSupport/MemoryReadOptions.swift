public import ArgumentParser

/// How much of the memory is read.
public struct MemoryReadOptions: ParsableArguments {
  /// The number of entries; nil: all.
  @Option(
    help: ArgumentHelp(
      """
      Read at each position only the memory entries whose similarity is among the n largest; ties \
      are read too. (default: all)
      """, valueName: "n"))
  public var topK: Int?

  public init() {}

  public func validate() throws {
    if let topK, topK < 1 {
      throw ValidationError("--top-k: expected at least 1, found \(topK)")
    }
  }

  /// The arguments that give these options to a command.
  public var arguments: [String] { topK.map { ["--top-k", "\($0)"] } ?? [] }
}
