import Foundation
import Networks

extension Gate {
  /// Parses an expression. Throws ``VerificationError/gate(expression:column:problem:hint:)``.
  public init(_ expression: String) throws(VerificationError) {
    var parser = GateParser(expression)
    self = try parser.gate()
  }

  /// Checks that the gate's pattern, if it has one, fits one of `layers`.
  ///
  /// Throws ``VerificationError/gate(expression:column:problem:hint:)``: a pattern that is misspelt
  /// would gate nothing.
  public func check(selecting layers: [String]) throws(VerificationError) {
    guard case .layers(_, _, let pattern) = subject, !layers.contains(where: pattern.matches) else {
      return
    }
    let text = description
    let column = text.firstIndex(of: "(").map { text.distance(from: text.startIndex, to: $0) + 1 }
    throw .gate(
      expression: text, column: column ?? 0, problem: "no layer fits '\(pattern)'",
      hint: "the JSON report of stm-verify lists the layers; '**' is every one")
  }
}

/// Reads a gate from left to right.
private struct GateParser {
  private let text: String
  private var rest: Substring

  init(_ text: String) {
    self.text = text
    rest = text[...]
  }

  mutating func gate() throws(VerificationError) -> Gate {
    let subject = try subject()
    let comparison = try comparison()
    let limit = try limit(of: Gate(subject, comparison, 0).unit)
    skipSpaces()
    guard rest.isEmpty else { throw expected("the end", "write one gate an option") }
    return Gate(subject, comparison, limit)
  }

  private mutating func subject() throws(VerificationError) -> Gate.Subject {
    skipSpaces()
    let start = rest
    var place = rest
    var run = ""
    var word = word()
    if rest.first == "." {
      rest.removeFirst()
      run = word
      guard LayerRun(rawValue: run) != nil || MaskRun(rawValue: run) != nil else {
        rest = start
        throw expected(
          "a run", "runs of layers: \(names(LayerRun.self)); of masks: \(names(MaskRun.self))")
      }
      place = rest
      word = self.word()
    }
    if let metric = LayerMetric(rawValue: word) {
      guard run.isEmpty || LayerRun(rawValue: run) != nil else {
        rest = start
        throw expected("a run of layers", "'\(word)' is measured \(names(LayerRun.self))")
      }
      return .layers(metric, LayerRun(rawValue: run) ?? .accumulated, try pattern())
    }
    if let metric = MaskMetric(rawValue: word) {
      guard run.isEmpty || MaskRun(rawValue: run) != nil else {
        rest = start
        throw expected("a run of masks", "'\(word)' is measured \(names(MaskRun.self))")
      }
      return .masks(metric, MaskRun(rawValue: run), try summary())
    }
    rest = place
    throw expected(
      "a metric",
      "metrics of layers: \(names(LayerMetric.self)); of masks: \(names(MaskMetric.self))")
  }

  /// The pattern between parentheses, of which a regular expression may hold more.
  private mutating func pattern() throws(VerificationError) -> NamePattern {
    try open("a pattern of layers, as in (Decoder.**)")
    var (depth, end) = (1, rest.startIndex)
    while end < rest.endIndex {
      depth += rest[end] == "(" ? 1 : rest[end] == ")" ? -1 : 0
      if depth == 0 { break }
      end = rest.index(after: end)
    }
    let written = rest[..<end].trimmingCharacters(in: .whitespaces)
    guard !written.isEmpty else {
      throw expected("a pattern of layers", "'**' is every layer, 'Decoder.**' those of a part")
    }
    let pattern: NamePattern
    do { pattern = try NamePattern(written) } catch {
      throw failure("\(error)", hint: error.hint)
    }
    rest = rest[end...]
    try close()
    return pattern
  }

  private mutating func summary() throws(VerificationError) -> MaskSummary {
    let hint = "masks are summed up by \(names(MaskSummary.self))"
    try open("(mean)")
    skipSpaces()
    let start = rest
    guard let summary = MaskSummary(rawValue: word()) else {
      rest = start
      throw expected("a summary of frames and objects", hint)
    }
    skipSpaces()
    try close()
    return summary
  }

  private mutating func comparison() throws(VerificationError) -> Gate.Comparison {
    skipSpaces()
    for comparison in Gate.Comparison.allCases where rest.hasPrefix(comparison.rawValue) {
      rest.removeFirst(comparison.rawValue.count)
      return comparison
    }
    throw expected("a comparison", "comparisons: \(names(Gate.Comparison.self))")
  }

  private mutating func limit(of unit: GateUnit) throws(VerificationError) -> Double {
    skipSpaces()
    let start = rest
    let digits = rest.prefix { $0.isNumber || "+-.eE".contains($0) }
    guard let number = Double(digits), number.isFinite else {
      throw expected("a number", "write it as in 0.99, 25 or 1e-3")
    }
    rest.removeFirst(digits.count)
    skipSpaces()
    let name = String(rest.prefix { !$0.isWhitespace })
    guard let factor = unit.factor(name) else {
      let units = unit.names.map { "'\($0)'" } + ["none"]
      throw expected("a unit", "units of this metric: \(units.joined(separator: ", "))")
    }
    rest.removeFirst(name.count)
    let limit = factor == 1 ? number : number / (1 / factor).rounded()
    guard unit.range.contains(limit) else {
      let written = start[..<rest.startIndex]
      rest = start
      throw failure(
        "expected \(unit.rangeText), found '\(written)'",
        hint: "a gate that can never hold, or never fail, says nothing")
    }
    return limit
  }

  private mutating func open(_ what: String) throws(VerificationError) {
    skipSpaces()
    guard rest.first == "(" else { throw expected("'('", "say what to measure: \(what)") }
    rest.removeFirst()
  }

  private mutating func close() throws(VerificationError) {
    guard rest.first == ")" else { throw expected("')'", "close the parenthesis") }
    rest.removeFirst()
  }

  private mutating func word() -> String {
    let word = rest.prefix { $0.isLetter || $0 == "_" }
    rest.removeFirst(word.count)
    return String(word)
  }

  private mutating func skipSpaces() { rest = rest.drop(while: \.isWhitespace) }

  private func names<Name: CaseIterable & RawRepresentable>(_: Name.Type) -> String
  where Name.RawValue == String {
    Name.allCases.map(\.rawValue).joined(separator: ", ")
  }

  /// An error at what comes next.
  private func expected(_ what: String, _ hint: String) -> VerificationError {
    let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    let found = word.isEmpty ? rest.prefix(1) : word
    return failure(
      "expected \(what), found \(found.isEmpty ? "nothing" : "'\(found)'")", hint: hint)
  }

  private func failure(_ problem: String, hint: String) -> VerificationError {
    .gate(
      expression: text, column: text.distance(from: text.startIndex, to: rest.startIndex),
      problem: problem, hint: hint)
  }
}
