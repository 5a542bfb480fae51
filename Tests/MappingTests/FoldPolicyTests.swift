import Mapping
import Models
import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

@Suite struct FoldPolicyTests {
  private static func options(_ policy: FoldPolicy) -> MappingOptions {
    var options = MappingOptions()
    options.fold = policy
    return options
  }

  @Test(arguments: [FoldPolicy.auto, .never])
  func `batch norms are kept as they arrive`(policy: FoldPolicy) throws {
    let entries = try Export.entries()
    let mapped = try Export.map(entries, options: Self.options(policy))
    #expect(mapped.audit.isClean)
    #expect(mapped.weights.entries.count == entries.count)
    #expect(mapped.audit.matches.allSatisfy { $0.transforms.isEmpty })
  }

  @Test func `everything is folded on demand, as binary64 computes it`() throws {
    let mapped = try Export.map(
      exporters: Export.torchscript, options: Self.options(.always))
    #expect(mapped.audit.isClean)
    let folded = try Export.folded()
    #expect(Set(mapped.weights.entries.map(\.name)) == Set(folded.entries.map(\.name)))
    for entry in mapped.weights.entries {
      let error = try entry.floats().relativeError(to: try folded.floats(entry.name))
      #expect(error <= 1.2e-7, "\(entry.name)")
    }
  }

  @Test func `a model that was folded computes with the same numbers`() throws {
    let entries = try Export.entries()
    let (kept, folded) = (
      try Export.map(entries), try Export.map(entries, options: Self.options(.always))
    )
    #expect(folded.audit.isClean, "\(folded.audit.allProblems)")
    #expect(
      folded.audit.ignored.map(\.reason).contains(
        "the counter of 'Encoder_M.bn1', which is folded"))
    let model = try Model(
      folded.network, precision: .float32, weights: folded.weights, path: "folded")
    #expect(model.foldedBatchNorms.count == 2 * (1 + 3 * 4))
    for step in model.network.graphs.flatMap({ Program(deploying: $0).steps }) {
      guard
        case .convolution(let weight, let bias, _) = try StepParameters(of: step, in: kept.weights),
        case .convolution(let other, let otherBias, _) = try StepParameters(
          of: step, in: model.weights)
      else { continue }
      #expect(weight == other && bias == otherBias, "\(step.layer)")
    }
  }

  @Test(arguments: FoldPolicy.allCases)
  func `what arrives folded stays so`(policy: FoldPolicy) throws {
    let folded = try Export.folded()
    let mapped = try Export.map(
      exporters: ["folded.safetensors"], options: Self.options(policy))
    #expect(mapped.audit.isClean, "\(mapped.audit.allProblems)")
    #expect(mapped.weights.entries.count == folded.entries.count)
    for entry in mapped.weights.entries {
      #expect(
        try entry.tensor().isBitIdentical(to: #require(folded[entry.name]).tensor()),
        "\(entry.name)")
    }
  }

  private static let foreign = [
    Export.torchscript[0], "epsilon/query.onnx", Export.torchscript[2],
  ]

  @Test func `another epsilon is folded, since a model file cannot say it`() throws {
    let mapped = try Export.map(exporters: Self.foreign)
    #expect(mapped.audit.isClean)
    #expect(mapped.weights["Encoder_Q.bn1.running_var"] == nil)
    #expect(mapped.weights["Encoder_M.bn1.running_var"] != nil)
    let match = mapped.audit.matches.first { $0.parameter == "Encoder_Q.conv1.weight" }
    #expect(match?.transforms == [.fold("Encoder_Q.bn1")])
    let error = try mapped.weights.floats("Encoder_Q.conv1.bias")
      .relativeError(to: Export.folded().floats("Encoder_Q.conv1.bias"))
    #expect(error < 1e-5)
  }

  @Test func `another epsilon is refused where nothing may be folded`() throws {
    let audit = try Export.map(exporters: Self.foreign, options: Self.options(.never)).audit
    #expect(
      audit.problems.texts.contains(
        "layer 'Encoder_Q.bn1': expected epsilon 1e-05, found 0.001; only folding can express it"))
    #expect(audit.problems.texts.allSatisfy { $0.contains("'Encoder_Q.") })
  }

  /// The tiny network, where `Encoder_Q.conv1` has a bias beside its batch norm.
  private static func biased() throws -> [TensorArchive.Entry] {
    var entries = try Export.entries(
      with: "Encoder_Q.bn1.running_mean", Tensor(FloatTensor(shape: [2], values: [0.75, -2])))
    entries.append(
      .init(
        name: "Encoder_Q.conv1.bias", tensor: Tensor(FloatTensor(shape: [2], values: [0.5, 3]))))
    return entries
  }

  @Test(arguments: [FoldPolicy.auto, .never])
  func `a bias before a batch norm is taken from the running mean`(policy: FoldPolicy) throws {
    let mapped = try Export.map(try Self.biased(), options: Self.options(policy))
    #expect(mapped.audit.isClean)
    #expect(mapped.weights["Encoder_Q.conv1.bias"] == nil)
    #expect(try mapped.weights.floats("Encoder_Q.bn1.running_mean").values == [0.25, -5])
    let match = try #require(
      mapped.audit.matches.first { $0.parameter == "Encoder_Q.bn1.running_mean" })
    #expect(match.transforms == [.absorbBias("Encoder_Q.conv1.bias")])
    #expect(match.sources.map(\.tensor) == ["Encoder_Q.bn1.running_mean", "Encoder_Q.conv1.bias"])
  }

  @Test func `a bias before a batch norm is folded with it`() throws {
    let (kept, folded) = (
      try Export.map(try Self.biased()),
      try Export.map(try Self.biased(), options: Self.options(.always))
    )
    let step = try #require(
      Program(deploying: kept.network.query).steps.first { $0.layer == "Encoder_Q.conv1" })
    guard case .convolution(_, let bias?, _) = try StepParameters(of: step, in: kept.weights) else {
      Issue.record("expected a bias")
      return
    }
    for (found, expected) in zip(
      try folded.weights.floats("Encoder_Q.conv1.bias").values, bias)
    {
      #expect(abs(found - expected) <= 1e-6 * max(1, abs(expected)))
    }
  }

  @Test func `a batch norm of which a part is missing is refused, not taken for a folded one`()
    throws
  {
    let name = "Encoder_Q.bn1.running_var"
    for policy in FoldPolicy.allCases {
      let audit = try Export.map(
        Export.entries().filter { $0.name != name }, options: Self.options(policy)
      ).audit
      #expect(audit.missing.map(\.parameter) == [name], "\(policy)")
    }
  }
}
