public import Files

/// Selects layers or tensors by name.
///
/// A glob: `*` is anything within one component, `**` anything at all; components are divided by
/// dots or slashes. A pattern that starts with `re:` is a regular expression for the whole name.
public struct NamePattern: Sendable, Hashable, CustomStringConvertible {
  private enum Matcher: Sendable, Hashable {
    case glob(Glob)
    case expression(String)
  }

  /// The pattern as it was written.
  public let description: String

  private let matcher: Matcher

  /// `**`: every name.
  public static let all = NamePattern(description: "**", matcher: .glob(Glob("**")))

  private init(description: String, matcher: Matcher) {
    self.description = description
    self.matcher = matcher
  }

  /// Parses `pattern`. Throws ``NamePatternError``.
  public init(_ pattern: String) throws(NamePatternError) {
    description = pattern
    guard pattern.hasPrefix("re:") else {
      matcher = .glob(Glob(pattern))
      return
    }
    let expression = String(pattern.dropFirst(3))
    guard (try? Regex(expression)) != nil else { throw .malformed(pattern) }
    matcher = .expression(expression)
  }

  /// Whether the whole of `name` fits the pattern.
  public func matches(_ name: String) -> Bool { captures(in: name) != nil }

  /// What the stars of a glob stand for in `name`, or the groups of a regular expression, from
  /// left to right; nil when the name does not fit. A group that took no part is empty.
  public func captures(in name: String) -> [String]? {
    switch matcher {
    case .glob(let glob): glob.captures(in: name)
    case .expression(let expression):
      (try? Regex(expression)).flatMap { name.wholeMatch(of: $0) }.map { match in
        match.output.dropFirst().map { String($0.substring ?? "") }
      }
    }
  }

  /// How many captures ``captures(in:)`` gives; nil for a regular expression, which decides.
  public var captureCount: Int? {
    if case .glob(let glob) = matcher { glob.starCount } else { nil }
  }
}

/// A pattern is kept as it was written.
extension NamePattern: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
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
