public import Files

/// A pattern that selects names of layers or tensors.
///
/// `*` matches anything within a dot or slash, `**` anything at all, every other character
/// itself; a pattern that starts with `re:` is a regular expression for the whole name.
public struct NamePattern: Sendable, Hashable, CustomStringConvertible {
  /// The pattern as it was written.
  public let description: String

  private let expression: String

  /// Parses `pattern`. Throws ``NamePatternError``.
  public init(_ pattern: String) throws(NamePatternError) {
    description = pattern
    expression = pattern.hasPrefix("re:") ? String(pattern.dropFirst(3)) : Self.translated(pattern)
    guard (try? Regex(expression)) != nil else { throw .malformed(pattern) }
  }

  /// Whether the whole of `name` fits the pattern.
  public func matches(_ name: String) -> Bool {
    guard let regex = try? Regex(expression) else { return false }
    return name.wholeMatch(of: regex) != nil
  }

  private static func translated(_ glob: String) -> String {
    var expression = ""
    var rest = Substring(glob)
    while let character = rest.popFirst() {
      if character != "*" {
        expression += character.isLetter || character.isNumber ? "\(character)" : "\\\(character)"
      } else if rest.first == "*" {
        rest.removeFirst()
        expression += ".*"
      } else {
        expression += "[^./]*"
      }
    }
    return expression
  }
}

/// What can be wrong with a pattern.
public enum NamePatternError: DiagnosticError, Equatable {
  /// The text after `re:` is not a regular expression.
  case malformed(String)

  public var description: String {
    switch self {
    case .malformed(let pattern): "pattern '\(pattern)': not a regular expression"
    }
  }

  public var fault: Fault { .usage }

  public var hint: String {
    "write a glob such as 'Decoder.**', or a regular expression such as 're:Decoder\\..*'"
  }
}
