import Files
import Mapping
import STMModel
import Tensors
import TestSupport
import Testing

/// What the graphs of an export tell, and what they do not.
@Suite struct TopologyTests {
  private static let anonymousInputs = [
    "anonymous-inputs/memorize.onnx", Export.torchscript[1], Export.torchscript[2],
  ]

  private static func options(bindings: [String]) throws -> MappingOptions {
    var options = MappingOptions()
    options.bindings = try bindings.map { try #require(InputBinding($0)) }
    return options
  }

  /// Checks that `mapped` has the tensors of `truth`.
  private static func check(_ mapped: MappedWeights, holds truth: TensorArchive) throws {
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    for entry in mapped.weights.entries {
      let tensor = try #require(try truth[entry.name]?.tensor())
      #expect(try entry.tensor().isBitIdentical(to: tensor), "\(entry.name)")
    }
    #expect(mapped.weights.entries.count == truth.entries.count)
  }

  @Test func `inputs without names leave the masks' kernels open`() throws {
    let mapped = try Export.map(exporters: Self.anonymousInputs)
    let problems = mapped.audit.allProblems
    #expect(problems.texts.contains { $0.contains("Encoder_M.conv1_m or Encoder_M.conv1_o") })
    let error = MappingError.misfit(sources: [], problems: problems)
    #expect(error.hint.contains("--bind INPUT=mask"))
  }

  @Test(arguments: [
    ["x1=mask", "x2=others"], ["memorize.onnx:x1=mask", "memorize.onnx:x2=others"], ["x1=mask"],
  ])
  func `inputs without names are told by bindings`(bindings: [String]) throws {
    let named = [
      "torchscript-17-folded/memorize.onnx", Export.torchscript[1], Export.torchscript[2],
    ]
    try Self.check(
      Export.map(exporters: Self.anonymousInputs, options: Self.options(bindings: bindings)),
      holds: Export.map(exporters: named).weights)
  }

  @Test func `bindings the other way round exchange the kernels`() throws {
    let mapped = try Export.map(
      exporters: Self.anonymousInputs,
      options: Self.options(bindings: ["x1=others", "x2=mask"]))
    let truth = try Export.truth()
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    #expect(
      try mapped.weights.floats("Encoder_M.conv1_m.weight")
        == truth.floats("Encoder_M.conv1_o.weight"))
  }

  @Test func `a binding of an input that no graph has is refused with the inputs`() throws {
    let error = try #require(throws: MappingError.self) {
      try Export.map(exporters: Self.anonymousInputs, options: Self.options(bindings: ["y=mask"]))
    }
    guard case .unknownInput(let binding, let inputs) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(binding == "y=mask" && inputs.starts(with: ["x0", "x1", "x2"]))
    #expect(error.fault == .usage)
  }

  @Test func `a binding of another file's input is refused`() throws {
    let options = try Self.options(bindings: ["query.onnx:x1=mask"])
    #expect(throws: MappingError.self) {
      try Export.map(exporters: Self.anonymousInputs, options: options)
    }
  }

  @Test func `the graph alone tells what the names tell`() throws {
    var options = MappingOptions()
    options.match = .topology
    let mapped = try Export.map(exporters: Export.torchscript, options: options)
    try Self.check(mapped, holds: Export.map(exporters: Export.torchscript).weights)
    #expect(mapped.audit.evidence.keys.sorted() == ["topology"])
  }

  @Test func `names alone cannot tell tensors without names`() throws {
    let files = ["memorize", "query", "decode"].map { "anonymous-folded/\($0).onnx" }
    var options = MappingOptions()
    #expect(try Export.map(exporters: files, options: options).audit.isClean)
    options.match = .names
    let audit = try Export.map(exporters: files, options: options).audit
    #expect(audit.matches.allSatisfy { $0.evidence.kind == "assumed" })
    #expect(!audit.missing.isEmpty && !audit.unexpected.isEmpty)
  }

  @Test func `what residual blocks add is read off the graph`() throws {
    let files = Array(Export.torchscript.prefix(2)) + ["rectified-skip/decode.onnx"]
    #expect(
      try Export.map(exporters: files).network.configuration.residual == .rectified)
    #expect(
      try Export.map(exporters: Export.torchscript).network.configuration.residual == .raw)
  }

  @Test func `what residual blocks add is assumed where weights are all there is, and said`() throws
  {
    let mapped = try Export.map(Export.entries())
    #expect(mapped.network.configuration.residual == .raw)
    #expect(mapped.audit.assumptions.contains { $0.contains("--residual") })
    #expect(mapped.audit.assumptions.contains { $0.contains("strides") })
  }

  @Test(arguments: ResidualSkip.allCases)
  func `what residual blocks add is what the user says`(residual: ResidualSkip) throws {
    var options = MappingOptions()
    options.residual = residual
    let mapped = try Export.map(Export.entries(), options: options)
    #expect(mapped.network.configuration.residual == residual)
    #expect(!mapped.audit.assumptions.contains { $0.contains("--residual") })
  }

  @Test func `convolutions that step otherwise are refused with both steps`() throws {
    let files = [Export.torchscript[0], "stride-first/query.onnx", Export.torchscript[2]]
    let problems = try Export.map(exporters: files).audit.problems.texts
    #expect(
      problems.contains {
        $0.contains("(Encoder_Q.res3.0.conv1): strides: expected [1, 1], found [2, 2]")
      }, "\(problems)")
  }
}
