public import ArgumentParser
public import Files

/// How much a file from elsewhere may ask for.
public struct LimitsOption: ParsableArguments {
  @Option(
    name: .customLong("limits"),
    help: ArgumentHelp(
      """
      Limits of what a file from elsewhere may ask for: a JSON object with any of \
      \(ReadingLimits.Key.allCases.map(\.rawValue).joined(separator: ", ")), as in \
      {"tensors": 200000}. (default: those of Schemas/reading-limits.schema.json)
      """, valueName: "file"))
  var path: String?

  public init() {}

  /// The file of limits, where there is one: an input like the others.
  public var inputs: [String] { path.map { [$0] } ?? [] }

  /// Reads the limits; the standard ones where no file is named. Throws `FileError`.
  public func read() throws(FileError) -> ReadingLimits {
    guard let path else { return .standard }
    return try ReadingLimits(readingFrom: path)
  }
}
