import Mapping
import Tensors
import TestSupport
import Testing

/// What rules of the user's do with tensors.
@Suite struct MappingRulesTests {
  private static func map(
    _ entries: [TensorArchive.Entry], by yaml: String
  ) throws -> MappedWeights {
    var options = MappingOptions()
    options.rules = try MappingRules.written(yaml)
    return try Export.map(entries, options: options)
  }

  private static func problems(
    _ entries: [TensorArchive.Entry], by yaml: String
  ) throws -> [String] {
    try map(entries, by: yaml).audit.problems.texts
  }

  /// Checks that `entries` become the tiny network's own tensors.
  private static func check(
    _ entries: [TensorArchive.Entry], by yaml: String
  ) throws -> MappedWeights {
    let mapped = try map(entries, by: yaml)
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    for entry in try Export.entries() {
      let found = try #require(try mapped.weights[entry.name]?.tensor(), "\(entry.name)")
      #expect(try found.isBitIdentical(to: entry.tensor()), "\(entry.name)")
    }
    return mapped
  }

  @Test func `a rule renames, and says so`() throws {
    let mapped = try Self.check(
      Export.entries(renaming: ["Decoder.pred2.": "out."]),
      by: """
        rules:
          - from: out.*
            to: Decoder.pred2.$1
        """)
    #expect(mapped.audit.evidence["rule"] == 2)
    let match = mapped.audit.matches.first { $0.parameter == "Decoder.pred2.bias" }
    #expect(match?.evidence == .rule(1))
  }

  @Test func `a rule counts from one where the network counts from zero`() throws {
    _ = try Self.check(
      Export.entries(renaming: ["Encoder_Q.res2.0.": "q.stage1.block1."]),
      by: """
        rules:
          - {from: 're:q\\.stage1\\.block([0-9]+)\\.(.*)', to: Encoder_Q.res2.$(1-1).$2}
        """)
  }

  @Test func `a rule comes before the names, and the first rule that fits holds`() throws {
    let mapped = try Self.check(
      Export.entries(renaming: [
        "Encoder_M.conv1_m.": "Encoder_M.tmp.", "Encoder_M.conv1_o.": "Encoder_M.conv1_m.",
      ]),
      by: """
        rules:
          - {from: Encoder_M.conv1_m.weight, to: Encoder_M.conv1_o.weight}
          - {from: Encoder_M.tmp.*, to: Encoder_M.conv1_m.$1}
        """)
    #expect(mapped.audit.evidence["rule"] == 2)
  }

  @Test func `a rule of one file leaves the others alone`() throws {
    let entries = try Export.entries()
    let bias = try #require(entries.first { $0.name == "Decoder.pred2.bias" })
    let wrong = TensorArchive.Entry(name: "b", tensor: Tensor(.random([2], seed: 9)))
    var options = MappingOptions()
    options.rules = try MappingRules.written(
      """
      rules:
        - {from: b, file: right.npz, to: Decoder.pred2.bias}
        - {from: b, file: wrong.npz, ignore: another b}
      """)
    let mapped = try Export.map(
      files: [
        "stm.npz": entries.filter { $0.name != bias.name }, "wrong.npz": [wrong],
        "right.npz": [bias.renamed("b")],
      ], options: options)
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    #expect(try mapped.weights.floats(bias.name) == bias.floats())
    #expect(mapped.audit.ignored.map(\.file) == ["wrong.npz"])
    #expect(mapped.audit.ignored.map(\.reason) == ["another b"])
  }

  @Test func `axes bring a kernel into the network's order`() throws {
    let name = "KV_Q_r4.Key.weight"
    let entries = try Export.entries().map { entry in
      guard entry.name == name else { return entry }
      return .init(name: "key_kernel", tensor: Tensor(try entry.floats().permuted([2, 3, 1, 0])))
    }
    let mapped = try Self.check(
      entries,
      by: """
        rules:
          - {from: key_kernel, to: KV_Q_r4.Key.weight, axes: [3, 2, 0, 1]}
        """)
    let match = mapped.audit.matches.first { $0.parameter == name }
    #expect(match?.transforms == [.axes([3, 2, 0, 1])])
    #expect(match?.sources.map(\.tensor) == ["key_kernel"])
  }

  private static let masks = ["Encoder_M.conv1_m.weight", "Encoder_M.conv1_o.weight"]

  /// The tiny network with the kernels for masks in one tensor `stem`.
  private static func joined() throws -> [TensorArchive.Entry] {
    let entries = try Export.entries()
    let parts = try masks.map { name in
      try #require(entries.first { $0.name == name }).floats()
    }
    let stem = TensorArchive.Entry(
      name: "stem", tensor: Tensor(FloatTensor(concatenating: parts, axis: 1)))
    return entries.filter { !masks.contains($0.name) } + [stem]
  }

  @Test func `a rule splits a tensor along an axis`() throws {
    let mapped = try Self.check(
      Self.joined(),
      by: """
        rules:
          - from: stem
            axis: 1
            split:
              - {to: Encoder_M.conv1_m.weight, count: 1}
              - {to: Encoder_M.conv1_o.weight, count: 1}
        """)
    let match = mapped.audit.matches.first { $0.parameter == Self.masks[1] }
    #expect(match?.transforms == [.slice(axis: 1, 1..<2)])
  }

  @Test(arguments: [
    (1, 2, "expected parts of axis 1 of 'stem' [2, 2, 7, 7] to fill it, found 3"),
    (4, 1, "expected parts of axis 4 of 'stem' [2, 2, 7, 7] to fill it, found 2"),
    (-1, 1, "expected parts of axis -1 of 'stem' [2, 2, 7, 7] to fill it, found 2"),
  ])
  func `parts that do not fill an axis are refused`(
    axis: Int, count: Int, problem: String
  ) throws {
    let problems = try Self.problems(
      Self.joined(),
      by: """
        rules:
          - from: stem
            axis: \(axis)
            split:
              - {to: Encoder_M.conv1_m.weight, count: 1}
              - {to: Encoder_M.conv1_o.weight, count: \(count)}
        """)
    #expect(problems == ["rule 1: \(problem)"])
  }

  @Test func `a rule joins tensors along an axis`() throws {
    let name = "Decoder.pred2.weight"
    let entries = try Export.entries()
    let kernel = try #require(entries.first { $0.name == name }).floats()
    let parts = (0..<2).map { row in
      TensorArchive.Entry(
        name: "head.\(row)", tensor: Tensor(kernel.sliced(row..<row + 1, axis: 0)))
    }
    let mapped = try Self.check(
      entries.filter { $0.name != name } + parts,
      by: """
        rules:
          - {concatenate: [head.0, head.1], axis: 0, to: Decoder.pred2.weight}
        """)
    let match = mapped.audit.matches.first { $0.parameter == name }
    #expect(match?.transforms == [.concatenate(axis: 0)])
    #expect(match?.sources.map(\.tensor) == ["head.0", "head.1"])
  }

  @Test(arguments: [-1, 1, 9])
  func `tensors that do not join are refused`(axis: Int) throws {
    let entries =
      try Export.entries().filter { $0.name != "Decoder.pred2.bias" } + [
        .init(name: "a", tensor: Tensor(.random([1], seed: 1))),
        .init(name: "b", tensor: Tensor(.random([1], seed: 2))),
      ]
    let problems = try Self.problems(
      entries, by: "rules: [{concatenate: [a, b], axis: \(axis), to: Decoder.pred2.bias}]")
    #expect(
      problems == [
        "tensor 'Decoder.pred2.bias': expected shape [2], found [1] in 'a' in stm.safetensors"
      ])
  }

  @Test func `a part that is not there is named`() throws {
    let problems = try Self.problems(
      Export.entries(), by: "rules: [{concatenate: [no.1, no.2], axis: 0, to: Decoder.pred2.bias}]")
    #expect(problems.first == "rule 1: expected one tensor 'no.1', found 0")
  }

  @Test func `a rule without tensors is refused by number`() throws {
    let problems = try Self.problems(
      Export.entries(),
      by: """
        rules:
          - {from: 'Decoder.pred2.*', to: Decoder.pred2.$1}
          - {from: 'Decoder.pred2.*', ignore: too late}
        """)
    #expect(problems == ["rule 2: no tensor is left for it"])
  }

  @Test(arguments: [
    ("{from: 're:Decoder\\.pred2\\.(bias)', to: Decoder.pred2.$2}", "Decoder.pred2.$2"),
    ("{from: 'Decoder.pred2.b*', to: Decoder.pred2.b$(1-1)}", "Decoder.pred2.b$(1-1)"),
  ])
  func `a name that cannot be filled in is refused`(rule: String, template: String) throws {
    let problems = try Self.problems(Export.entries(), by: "rules: [\(rule)]")
    #expect(
      problems == ["rule 1: '\(template)' cannot be filled from 'Decoder.pred2.bias'"])
  }

  @Test func `axes of another rank are refused`() throws {
    let problems = try Self.problems(
      Export.entries(),
      by: "rules: [{from: Decoder.pred2.bias, to: Decoder.pred2.bias, axes: [1, 0]}]")
    #expect(problems == ["rule 1: expected 1 axes for 'Decoder.pred2.bias', found 2"])
  }

  @Test func `a rule that names no parameter leaves its tensor unexpected`() throws {
    let audit = try Self.map(
      Export.entries(), by: "rules: [{from: Decoder.pred2.bias, to: Decoder.pred9.bias}]"
    ).audit
    #expect(audit.missing.map(\.parameter) == ["Decoder.pred2.bias"])
    #expect(audit.unexpected.map(\.tensor) == ["Decoder.pred2.bias"])
  }

  @Test func `suggestions are rules that can be read back, and complete the import`() throws {
    let entries = try Export.entries(renaming: ["Decoder.pred2.": "Decoder.pred_2."])
    let first = try Export.map(entries)
    #expect(!first.audit.isClean)
    let text = first.suggestedRules
    #expect(text.contains("- from: 'Decoder.pred_2.bias'"))
    #expect(try Self.check(entries, by: text).audit.evidence["rule"] == 2)
  }

  @Test func `suggestions for an import that fits are no rules`() throws {
    let text = try Export.map(Export.entries()).suggestedRules
    #expect(text.hasSuffix("\nrules: []\n"))
    _ = try MappingRules.written(text)
  }

  @Test func `suggestions leave out what has no place, and quote names`() throws {
    let names = [
      "it's", "a: b", "# c", "d\n  - from: e", "{f}", "*", "a*", "re:(", "$1", "e\u{301}",
    ]
    let entries =
      try Export.entries()
      + names.map {
        .init(name: $0, tensor: Tensor(.random([9], seed: 1)))
      }
    let text = try Export.map(entries).suggestedRules
    let mapped = try Self.map(entries, by: text)
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    #expect(mapped.audit.ignored.count == names.count)
  }
}
