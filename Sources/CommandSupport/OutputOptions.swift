public import ArgumentParser

/// What a tool prints.
public struct OutputOptions: ParsableArguments {
  /// Whether the report is JSON.
  @Flag(help: "Print a report for machines: JSON on standard output.")
  public var json = false

  /// Whether nothing but errors is printed.
  @Flag(help: "Print nothing but errors, and no progress.")
  public var quiet = false

  public init() {}

  /// Prints `text`, or `json` where that was asked for, unless told to be quiet.
  ///
  /// Throws `FileError.writeFailed` when standard output does not take it, or what `json` throws.
  public func show(text: @autoclosure () -> String, json: @autoclosure () throws -> String) throws {
    if self.json {
      try Terminal.write(try json())
    } else if !quiet {
      try Terminal.write(text().withVisibleControls)
    }
  }
}
