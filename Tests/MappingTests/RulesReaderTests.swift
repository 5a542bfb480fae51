import Files
import Mapping
import TestSupport
import Testing

/// One file for each thing that can be wrong with rules.
@Suite struct RulesReaderTests {
  @Test func `a file of rules that is not there, too large or no text is refused`() throws {
    #expect(throws: FileError.notFound(path: "nowhere.yaml")) {
      try MappingRules(path: "nowhere.yaml")
    }
    try ScratchFolder.with { folder in
      for bytes in [[UInt8](repeating: 0x20, count: 131_073), [0xFF, 0xFE, 0x00]] {
        let path = try folder.write(bytes, to: "rules.yaml")
        let error = try #require(throws: MappingError.self) { try MappingRules(path: path) }
        #expect(error.description.hasPrefix("\(path): line 1: expected "))
        #expect(error.hint.contains("mapping-rules.schema.json"))
      }
    }
  }

  @Test func `more rules than can be read in time are refused`() throws {
    let rules = String(repeating: "- {from: a, to: b}\n", count: 2001)
    try ScratchFolder.with { folder in
      let path = try folder.write(Array("rules:\n\(rules)".utf8), to: "rules.yaml")
      let error = #expect(throws: MappingError.self) { try MappingRules(path: path) }
      #expect(error?.description.contains("expected at most 2000 rules, found 2001") == true)
    }
  }

  @Test func `aliases that mean millions of values are refused`() {
    var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let aliases = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      yaml += "a\(level): &a\(level) [\(aliases)]\n"
    }
    let time = ProcessorTime.taken {
      let error = #expect(throws: MappingError.self) {
        try MappingRules.written(yaml + "? *a8\n: x\nrules: []\n")
      }
      #expect(error?.description.contains("line 2: expected no aliases") == true)
    }
    #expect(time < .seconds(20))
  }

  @Test func `stars, anchors and ampersands that are no aliases are read`() throws {
    #expect(throws: Never.self) {
      try MappingRules.written(
        """
        rules:
          - &rule {from: "*a.b*c", to: y$1}  # here & there *and* everywhere
          - {from: '**.d', ignore: "*b & *c"}
        """)
    }
  }

  @Test(arguments: [
    ("a: [", 1, "not YAML"),
    ("", 1, "expected a mapping with the key 'rules'"),
    ("- a", 1, "expected a mapping with the key 'rules'"),
    ("rule: []", 1, "expected one of the keys rules here, found 'rule'"),
    ("rules:\n  - &a {from: x, to: y}\n  - *a", 3, "expected no aliases"),
    ("a: &b [x]\n? *b\n: y\nrules: []", 2, "found '*b'"),
    ("a: &a-1_B {b: c}\n'd':*a-1_B", 2, "found '*a-1_B'"),
    ("rules: 3", 1, "expected a list under 'rules'"),
    ("rules:\n  - text", 2, "expected a rule"),
    ("rules:\n  - from: a\n    too: b", 3, "found 'too'"),
    ("rules:\n  - to: b", 2, "expected the key 'from'"),
    ("rules:\n  - from: a", 2, "expected the key 'to'"),
    ("rules:\n  - from: [a]\n    to: b", 2, "expected text"),
    ("rules:\n  - from: ''\n    to: b", 2, "expected text"),
    ("rules:\n  - from: 're:('\n    to: b", 2, "not a regular expression"),
    ("rules:\n  - from: a\n    to: b$", 3, "expected a number from 1 to 9 behind '$'"),
    ("rules:\n  - from: a.*\n    to: b$2", 3, "expected at most 1 captures"),
    ("rules:\n  - from: a\n    to: b\n    axes: 3", 4, "expected a list of numbers"),
    ("rules:\n  - from: a\n    to: b\n    axes: [0, 2]", 4, "expected each of the numbers"),
    ("rules:\n  - from: a\n    to: b\n    axes: [0, x]", 4, "expected each of the numbers"),
    ("rules:\n  - from: a\n    ignore: b\n    to: c", 4, "found 'to'"),
    ("rules:\n  - from: a\n    split: []\n    axis: 0", 3, "split: expected a list"),
    ("rules:\n  - from: a\n    split: [b]\n    axis: 0", 3, "split: expected {to:"),
    ("rules:\n  - from: a\n    split: [{to: b, count: 1}]", 2, "expected the key 'axis'"),
    ("rules:\n  - from: a\n    split: [{to: b}]\n    axis: 0", 3, "expected the key 'count'"),
    ("rules:\n  - from: a\n    split: [{to: b, count: 0}]\n    axis: 0", 3, "expected 1 to 65536"),
    ("rules:\n  - from: a\n    split: [{to: b, count: 1, c: 1}]\n    axis: 0", 3, "found 'c'"),
    ("rules:\n  - from: a\n    split: [{to: b, count: 1}]\n    axis: x", 4, "a whole number"),
    ("rules:\n  - concatenate: [a]\n    axis: 0\n    to: b", 2, "at least two names"),
    ("rules:\n  - concatenate: [a, b]\n    to: c", 2, "expected the key 'axis'"),
    ("rules:\n  - concatenate: [a, b]\n    axis: 0", 2, "expected the key 'to'"),
    ("rules:\n  - concatenate: [a, b]\n    axis: 0\n    to: c\n    from: d", 5, "found 'from'"),
  ])
  func `what is wrong with a rule is named with its line`(
    yaml: String, line: Int, reason: String
  ) throws {
    let error = try #require(throws: MappingError.self) { try MappingRules.written(yaml) }
    guard case .malformedRules(_, let found, let text) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(found == line && text.contains(reason), "line \(found): \(text)")
  }
}

extension MappingRules {
  /// The rules in a file of `yaml`.
  static func written(_ yaml: String) throws -> MappingRules {
    var rules: MappingRules?
    try ScratchFolder.with { folder in
      rules = try MappingRules(path: try folder.write(Array(yaml.utf8), to: "rules.yaml"))
    }
    return try #require(rules)
  }
}
