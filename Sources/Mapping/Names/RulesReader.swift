import Networks
import Yams

/// Reads rules out of YAML, node by node, so that errors name lines.
struct RulesReader {
  /// The most rules of a file; each is a pattern to compile.
  static let maximumCount = 2000

  let path: String

  func rules(in yaml: String) throws(MappingError) -> [MappingRules.Rule] {
    if let (line, name) = firstAlias(in: yaml) {
      throw .malformedRules(
        path: path, line: line,
        reason: "expected no aliases, which can make much of little, found '*\(name)'")
    }
    let root: Node?
    do {
      root = try compose(yaml: yaml)
    } catch {
      throw .malformedRules(path: path, line: 1, reason: "not YAML: \(error)")
    }
    guard let root, let mapping = root.mapping else {
      throw malformed(root, "expected a mapping with the key 'rules'")
    }
    try check(mapping, knows: ["rules"])
    guard let list = mapping["rules"]?.sequence else {
      throw malformed(root, "expected a list under 'rules'")
    }
    guard list.count <= Self.maximumCount else {
      throw malformed(root, "expected at most \(Self.maximumCount) rules, found \(list.count)")
    }
    var rules: [MappingRules.Rule] = []
    for node in list { rules.append(try rule(node)) }
    return rules
  }

  /// The first alias of `yaml` whose anchor stands in it, too, and its line.
  ///
  /// What looks like an alias within text counts as well; text that does, and has the anchor's
  /// counterpart of the same name, is left to be written otherwise.
  private func firstAlias(in yaml: String) -> (line: Int, name: String)? {
    func names(behind sign: UInt8, in line: Substring.UTF8View) -> [String] {
      line.split(separator: sign, omittingEmptySubsequences: false).dropFirst().compactMap { rest in
        let name = String(Substring(rest.prefix(while: Self.isOfAnchor)))
        return name.isEmpty ? nil : name
      }
    }
    let lines = yaml.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let anchors = Set(lines.flatMap { names(behind: UInt8(ascii: "&"), in: $0) })
    guard !anchors.isEmpty else { return nil }
    for (index, line) in lines.enumerated() {
      if let name = names(behind: UInt8(ascii: "*"), in: line).first(where: anchors.contains) {
        return (index + 1, name)
      }
    }
    return nil
  }

  /// Whether `byte` can stand in the name of an anchor, as libyaml has it.
  private static func isOfAnchor(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private func rule(_ node: Node) throws(MappingError) -> MappingRules.Rule {
    guard let mapping = node.mapping else { throw malformed(node, "expected a rule") }
    try check(
      mapping, knows: ["from", "to", "file", "axes", "axis", "split", "concatenate", "ignore"])
    let file = try mapping["file"].map { (node) throws(MappingError) in try text(node) }
    if let parts = mapping["concatenate"] {
      try check(mapping, knows: ["concatenate", "axis", "to", "file"])
      return MappingRules.Rule(
        pattern: nil, file: file,
        action: .concatenate(
          try texts(parts), axis: try integer(mapping["axis"], "axis", in: node),
          to: try text(required(mapping, "to", in: node))))
    }
    let source = try required(mapping, "from", in: node)
    let name = try text(source)
    let pattern: NamePattern
    do throws(NamePatternError) {
      pattern = try NamePattern(name)
    } catch {
      throw malformed(source, error.description)
    }
    let action: MappingRules.Action
    if let reason = mapping["ignore"] {
      try check(mapping, knows: ["from", "ignore", "file"])
      action = .ignore(try text(reason))
    } else if let parts = mapping["split"] {
      try check(mapping, knows: ["from", "axis", "split", "file"])
      action = .split(
        axis: try integer(mapping["axis"], "axis", in: node), try split(parts, of: pattern))
    } else {
      try check(mapping, knows: ["from", "to", "axes", "file"])
      let axes = try mapping["axes"].map { (node) throws(MappingError) in try integers(node) }
      action = .rename(
        try template(required(mapping, "to", in: node), of: pattern), axes: axes)
    }
    return MappingRules.Rule(pattern: pattern, file: file, action: action)
  }

  private func split(
    _ node: Node, of pattern: NamePattern
  ) throws(MappingError) -> [(template: NameTemplate, count: Int)] {
    guard let list = node.sequence, !list.isEmpty else {
      throw malformed(node, "split: expected a list of {to: NAME, count: NUMBER}")
    }
    var parts: [(template: NameTemplate, count: Int)] = []
    for item in list {
      guard let mapping = item.mapping else {
        throw malformed(item, "split: expected {to: NAME, count: NUMBER}")
      }
      try check(mapping, knows: ["to", "count"])
      let count = try integer(mapping["count"], "count", in: item)
      guard (1...65_536).contains(count) else {
        throw malformed(item, "count: expected 1 to 65536, found \(count)")
      }
      parts.append((try template(required(mapping, "to", in: item), of: pattern), count))
    }
    return parts
  }

  private func template(
    _ node: Node, of pattern: NamePattern
  ) throws(MappingError) -> NameTemplate {
    let name = try text(node)
    let template: NameTemplate
    do throws(MappingError) {
      template = try NameTemplate(name)
    } catch {
      throw malformed(node, error.description)
    }
    if let count = pattern.captureCount, template.captureCount > count {
      throw malformed(
        node,
        "name '\(template)': expected at most \(count) captures, since '\(pattern)' has as "
          + "many stars, found $\(template.captureCount)")
    }
    return template
  }

  private func check(_ mapping: Node.Mapping, knows keys: [String]) throws(MappingError) {
    for (key, _) in mapping where !keys.contains(key.string ?? "") {
      throw malformed(
        key,
        "expected one of the keys \(keys.joined(separator: ", ")) here, found "
          + "'\(key.string ?? "something else")'")
    }
  }

  private func required(
    _ mapping: Node.Mapping, _ key: String, in node: Node
  ) throws(MappingError) -> Node {
    guard let value = mapping[key] else { throw malformed(node, "expected the key '\(key)'") }
    return value
  }

  private func text(_ node: Node) throws(MappingError) -> String {
    guard let text = node.scalar?.string, !text.isEmpty else {
      throw malformed(node, "expected text")
    }
    return text
  }

  private func texts(_ node: Node) throws(MappingError) -> [String] {
    guard let list = node.sequence, list.count > 1 else {
      throw malformed(node, "expected a list of at least two names")
    }
    var texts: [String] = []
    for item in list { texts.append(try text(item)) }
    return texts
  }

  private func integer(
    _ value: Node?, _ key: String, in node: Node
  ) throws(MappingError) -> Int {
    guard let value else { throw malformed(node, "expected the key '\(key)'") }
    guard let number = value.int else { throw malformed(value, "\(key): expected a whole number") }
    return number
  }

  private func integers(_ node: Node) throws(MappingError) -> [Int] {
    guard let list = node.sequence else { throw malformed(node, "expected a list of numbers") }
    let numbers = list.compactMap(\.int)
    guard numbers.count == list.count, numbers.sorted() == Array(0..<list.count) else {
      throw malformed(node, "axes: expected each of the numbers from 0 once, as in [3, 2, 0, 1]")
    }
    return numbers
  }

  private func malformed(_ node: Node?, _ reason: String) -> MappingError {
    .malformedRules(path: path, line: node?.mark?.line ?? 1, reason: reason)
  }
}
