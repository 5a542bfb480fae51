import Networks

/// Gives tensors whose names fit a pattern another name.
struct NameRule: Sendable, Hashable {
  /// The names that it is for.
  let pattern: NamePattern
  /// The name to give.
  let replacement: NameTemplate

  /// A rule; both parts must be well formed.
  init(_ pattern: String, _ replacement: String) {
    do {
      self.init(pattern: try NamePattern(pattern), replacement: try NameTemplate(replacement))
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// A rule of parts that were parsed before.
  init(pattern: NamePattern, replacement: NameTemplate) {
    self.pattern = pattern
    self.replacement = replacement
  }

  /// The name that `name` gets; nil where the pattern does not fit.
  func callAsFunction(_ name: String) -> String? {
    pattern.captures(in: name).flatMap { replacement.filled(with: $0) }
  }
}

/// A name with captures to fill in: `$1` is the first, `$(1-1)` the number that it is, less one.
struct NameTemplate: Sendable, Hashable, CustomStringConvertible {
  private enum Part: Sendable, Hashable {
    case text(String)
    case capture(Int, minus: Int)
  }

  /// The template as it was written.
  let description: String

  private let parts: [Part]

  /// Parses `text`. Throws ``MappingError/template(_:)`` when a `$` is not followed by a number.
  init(_ text: String) throws(MappingError) {
    description = text
    var parts: [Part] = []
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
      parts.append(.text(String(rest[..<dollar])))
      rest = rest[rest.index(after: dollar)...]
      guard let match = rest.prefixMatch(of: /([1-9])|\(([1-9])-([0-9]{1,3})\)/) else {
        throw .template(text)
      }
      let index = Int(match.output.1 ?? match.output.2 ?? "") ?? 0
      parts.append(.capture(index, minus: Int(match.output.3 ?? "0") ?? 0))
      rest = rest[match.range.upperBound...]
    }
    self.parts = parts + [.text(String(rest))]
  }

  /// The largest capture that it asks for; 0 for none.
  var captureCount: Int {
    parts.map { if case .capture(let index, _) = $0 { index } else { 0 } }.max() ?? 0
  }

  /// The name; nil where a capture is missing, or is not a number to subtract from.
  func filled(with captures: [String]) -> String? {
    var name = ""
    for part in parts {
      switch part {
      case .text(let text): name += text
      case .capture(let index, let minus):
        guard index <= captures.count else { return nil }
        if minus == 0 {
          name += captures[index - 1]
        } else {
          guard let number = Int(captures[index - 1]), number >= minus else { return nil }
          name += "\(number - minus)"
        }
      }
    }
    return name
  }
}
