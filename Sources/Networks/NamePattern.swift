public import Files

/// Selects layers or tensors by name.
///
/// A glob: `*` is anything within one component, `**` anything at all; components are divided by
/// dots or slashes. A pattern that starts with `re:` is a regular expression for the whole name.
public struct NamePattern: Sendable, Hashable, CustomStringConvertible {
  private enum Matcher: Sendable, Hashable {
    case glob([Token])
    case expression(String)
  }

  private enum Token: Sendable, Hashable {
    case character(Character)
    case component
    case anything
  }

  /// The pattern as it was written.
  public let description: String

  private let matcher: Matcher

  /// `**`: every name.
  public static let all = NamePattern(description: "**", matcher: .glob([.anything]))

  private init(description: String, matcher: Matcher) {
    self.description = description
    self.matcher = matcher
  }

  /// Parses `pattern`. Throws ``NamePatternError``.
  public init(_ pattern: String) throws(NamePatternError) {
    description = pattern
    guard pattern.hasPrefix("re:") else {
      matcher = .glob(Self.tokens(of: pattern))
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
    case .glob(let tokens): Self.captures(of: tokens[...], in: Substring(name))
    case .expression(let expression):
      (try? Regex(expression)).flatMap { name.wholeMatch(of: $0) }.map { match in
        match.output.dropFirst().map { String($0.substring ?? "") }
      }
    }
  }

  /// How many captures ``captures(in:)`` gives; nil for a regular expression, which decides.
  public var captureCount: Int? {
    guard case .glob(let tokens) = matcher else { return nil }
    return tokens.count { $0 == .component || $0 == .anything }
  }

  private static func tokens(of glob: String) -> [Token] {
    var tokens: [Token] = []
    var rest = Substring(glob)
    while let character = rest.popFirst() {
      if character != "*" {
        tokens.append(.character(character))
      } else if rest.first == "*" {
        rest.removeFirst()
        tokens.append(.anything)
      } else {
        tokens.append(.component)
      }
    }
    return tokens
  }

  /// The longest captures first, from the left.
  private static func captures(
    of tokens: ArraySlice<Token>, in name: Substring
  ) -> [String]? {
    guard let token = tokens.first else { return name.isEmpty ? [] : nil }
    let rest = tokens.dropFirst()
    if case .character(let character) = token {
      return name.first == character ? captures(of: rest, in: name.dropFirst()) : nil
    }
    let reach =
      token == .anything
      ? name.endIndex : name.firstIndex { $0 == "." || $0 == "/" } ?? name.endIndex
    var end = reach
    while true {
      if let others = captures(of: rest, in: name[end...]) {
        return [String(name[..<end])] + others
      }
      guard end > name.startIndex else { return nil }
      end = name.index(before: end)
    }
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
