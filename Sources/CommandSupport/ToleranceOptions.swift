public import ArgumentParser
import Networks
public import Verification

/// Exceptions from a standard tolerance.
public struct ToleranceOptions: ParsableArguments {
  @Option(
    name: .customLong("tolerance"),
    help: ArgumentHelp(
      "Another tolerance for the layers that a pattern selects; the last that fits holds.",
      valueName: "glob:value"))
  var tolerances: [Tolerances.Exception] = []

  public init() {}

  /// The exceptions in the order given.
  public var exceptions: [Tolerances.Exception] { tolerances }

  /// Checks that every pattern selects one of `names`, the layers to be compared.
  ///
  /// Throws `ValidationError`: an exception that is misspelt would leave the standard in force.
  public func check(selecting names: [String]) throws {
    for exception in tolerances where !names.contains(where: exception.pattern.matches) {
      throw ValidationError("--tolerance: no layer fits '\(exception.pattern)'")
    }
  }
}

extension Tolerances.Exception: ExpressibleByArgument {
  /// Parses `GLOB:VALUE`; a value in dB may be negative.
  public init?(argument: String) {
    guard let colon = argument.lastIndex(of: ":"),
      let value = Double(argument[argument.index(after: colon)...]), !value.isNaN,
      let pattern = try? NamePattern(String(argument[..<colon]))
    else { return nil }
    self.init(pattern: pattern, value: value)
  }
}
