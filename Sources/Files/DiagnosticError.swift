/// An error that a tool shows a person in two lines: what went wrong, and what to do about it.
///
/// Every floor's error type conforms, so the commands choose the exit code in one place.
public protocol DiagnosticError: Error, CustomStringConvertible {
  /// Whose fault it is; decides the exit code.
  var fault: Fault { get }

  /// What the person can do about it, as one sentence.
  var hint: String { get }

  /// What went wrong: a line, or, of several problems at once, a heading and a line for each.
  ///
  /// Line ends within a line come from a name, and are shown as such.
  var lines: [String] { get }
}

extension DiagnosticError {
  /// The description alone.
  public var lines: [String] { [description] }
}

extension [String] {
  /// The lines of an error as one text, those behind the first indented.
  public var listed: String { joined(separator: "\n  ") }
}

/// The kinds of failure that the tools tell apart, after BSD `sysexits.h`.
public enum Fault: String, Sendable, Hashable, Codable {
  /// A file is malformed or does not fit the model (`EX_DATAERR`, 65).
  case malformedInput
  /// A file is missing or cannot be read (`EX_NOINPUT`, 66).
  case missingInput
  /// A defect in this suite (`EX_SOFTWARE`, 70).
  case internalDefect
  /// The output cannot be created (`EX_CANTCREAT`, 73).
  case cannotCreateOutput
  /// Reading or writing failed half-way (`EX_IOERR`, 74).
  case inputOutput
  /// The command line asks for something that does not make sense (`EX_USAGE`, 64).
  case usage
  /// What was asked for cannot be had, though nothing is wrong: a gate that does not hold (1).
  case unmet
}
