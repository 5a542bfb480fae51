import Execution
import Foundation
import Mapping
import Models
import Networks
import OnnxExecution
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing
import Verification
import WeightFiles

/// Models against the graphs of many exporters, which `Tests/MappingTests/Fixtures/exporters`
/// holds.
@Suite struct SourceTests {
  /// A case of that folder's `cases.json`.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let files: [String]
    let outcome: String

    var testDescription: String { name }

    /// The cases of graphs alone that can be imported.
    static func all() throws -> [Case] {
      let text = try Data(contentsOf: URL(filePath: Zoo.path("cases.json")))
      return try JSONDecoder().decode([Case].self, from: text).filter { item in
        item.outcome != "refused" && item.files.allSatisfy { $0.hasSuffix(".onnx") }
      }
    }
  }

  enum Zoo {
    static func path(_ name: String) -> String {
      URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../MappingTests/Fixtures/exporters/\(name)").standardized.path
    }

    static func sources(_ names: [String]) throws -> [WeightSource] {
      try names.map { try WeightFile.read(path($0)) }
    }

    /// The model that `names` are the export of, its weights changed by `change`.
    static func model(
      _ names: [String], channels: ChannelOrder? = nil,
      _ change: (TensorArchive.Entry) throws -> TensorArchive.Entry = { $0 }
    ) throws -> Model {
      var options = MappingOptions()
      options.channels = channels
      let mapped = try MappedWeights(of: try sources(names), options: options)
      #expect(mapped.audit.isClean)
      return try Model(
        mapped.network, precision: .float32,
        weights: try TensorArchive(mapped.weights.entries.map(change)), path: "model")
    }

    static let unfolded = ["memorize", "query", "decode"].map {
      "torchscript-17-unfolded/\($0).onnx"
    }
    static let folded = [
      "torchscript-17-folded/memorize.onnx", "torchscript-17-folded/query.onnx",
      "torchscript-17-unfolded/decode.onnx",
    ]
  }

  private func verify(
    _ model: Model, _ names: [String], bindings: [InputBinding] = [],
    channels: ChannelOrder = .rgb, extents: SourceExtents = .init(), tolerance: Double = 1e-4
  ) throws -> SourceVerification {
    try SourceVerification(
      of: model, against: try Zoo.sources(names), bindings: bindings, channels: channels,
      extents: extents,
      tolerances: Tolerances(standard: tolerance), backend: ReferenceBackend(threads: 2),
      kernels: nil)
  }

  /// What an export's own element types lose.
  private static let tolerances = ["float16": 3e-2, "float16-io": 3e-2, "bfloat16": 1e-1]

  /// Graphs that cannot run, and graphs that compute something else than what was exported.
  private static let others: Set = [
    "onnxruntime-all", "torchscript-9-folded", "torchscript-9-unfolded",
  ]

  @Test func `an upsampling that the exporter got wrong is found`() throws {
    let files = ["memorize", "query", "decode"].map { "torchscript-9-unfolded/\($0).onnx" }
    let result = try verify(try Zoo.model(files), files)
    #expect(result.firstDivergence?.layer == "Decoder.RF3.upsample")
  }

  @Test(arguments: try Case.all().filter { !Self.others.contains($0.name) })
  func `an import computes what its export computes`(_ item: Case) throws {
    let result = try verify(
      try Zoo.model(item.files), item.files, tolerance: Self.tolerances[item.name] ?? 1e-4)
    let first = result.firstDivergence.map { "\($0.layer): \($0.metrics.relativeMaximumError)" }
    #expect(result.passes, "\(first ?? "") \(result.missing) \(result.strangers)")
    #expect(result.missing.isEmpty && result.strangers.isEmpty)
    #expect(Set(result.runs.flatMap(\.graphs)) == ["memorize", "query", "decode"])
    #expect(result.comparisons.count + result.hidden.count >= 60)
  }

  @Test(arguments: ChannelOrder.allCases)
  func `colours are given in the order that the import was told`(order: ChannelOrder) throws {
    let model = try Zoo.model(Zoo.unfolded, channels: order)
    for channels in ChannelOrder.allCases {
      let result = try verify(model, Zoo.unfolded, channels: channels)
      #expect(result.passes == (channels == order), "\(channels)")
    }
  }

  @Test func `every layer of an unfolded export has a value there`() throws {
    let result = try verify(try Zoo.model(Zoo.unfolded), Zoo.unfolded)
    #expect(
      Set(result.hidden.map(\.name)) == [
        "Encoder_M.normalize", "Encoder_Q.normalize", "Memory.read", "Decoder.RF3.ResFS.add",
        "Decoder.RF2.ResFS.add",
      ])
    #expect(result.otherOutputs.isEmpty)
  }

  @Test func `convolutions that the export folded are hidden and their batch norms compared`()
    throws
  {
    let result = try verify(try Zoo.model(Zoo.unfolded), Zoo.folded)
    #expect(result.passes)
    #expect(result.hidden.map(\.name).contains("Encoder_Q.res2.0.conv1"))
    #expect(result.comparisons.map(\.layer).contains("Encoder_Q.res2.0.bn1"))
  }

  @Test func `a folded model is held against an unfolded export`() throws {
    let result = try verify(try Zoo.model(Zoo.folded), Zoo.unfolded)
    #expect(result.passes)
    #expect(!result.comparisons.map(\.layer).contains("Encoder_Q.res2.0.conv1"))
  }

  @Test func `two layers of one shape that were swapped are found at the first`() throws {
    let names = ["Encoder_Q.res2.0.conv2.weight", "Encoder_Q.res2.1.conv2.weight"]
    let entries = try Zoo.model(Zoo.unfolded).weights
    let swapped = Dictionary(uniqueKeysWithValues: zip(names, names.reversed()))
    let model = try Zoo.model(Zoo.unfolded) { entry in
      try swapped[entry.name].map { try #require(entries[$0]).renamed(entry.name) } ?? entry
    }
    let result = try verify(model, Zoo.unfolded)
    #expect(!result.passes)
    #expect(result.firstDivergence?.layer == "Encoder_Q.res2.0.conv2")
  }

  @Test func `the first layer is the network's first, in whatever order the files are named`()
    throws
  {
    let model = try Zoo.model(Zoo.unfolded) { entry in
      guard ["Encoder_M.conv1.weight", "Decoder.convFM.weight"].contains(entry.name) else {
        return entry
      }
      var kernel = try entry.floats()
      kernel.values = kernel.values.map { 1.01 * $0 }
      return .init(name: entry.name, tensor: Tensor(kernel))
    }
    let result = try verify(model, Zoo.unfolded.reversed())
    #expect(result.runs.map(\.graphs) == [["decode"], ["query"], ["memorize"]])
    #expect(result.firstDivergence?.layer == "Encoder_M.conv1")
  }

  @Test func `a batch norm with another epsilon is found`() throws {
    let model = try Zoo.model(Zoo.unfolded) { entry in
      guard entry.name == "Encoder_M.res3.0.bn2.running_var" else { return entry }
      var variance = try entry.floats()
      variance.values = variance.values.map { $0 + 1e-3 - 1e-5 }
      return .init(name: entry.name, tensor: Tensor(variance))
    }
    let result = try verify(model, Zoo.unfolded)
    #expect(!result.passes)
    #expect(result.firstDivergence?.layer == "Encoder_M.res3.0.bn2")
  }

  @Test(arguments: [[0, 1, 3, 2], [1, 0, 2, 3]])
  func `a transposed kernel is found`(order: [Int]) throws {
    let model = try Zoo.model(Zoo.unfolded) { entry in
      guard entry.name == "Decoder.RF3.ResMM.conv1.weight" else { return entry }
      return .init(name: entry.name, tensor: Tensor(try entry.floats().permuted(order)))
    }
    let result = try verify(model, Zoo.unfolded)
    #expect(!result.passes)
    #expect(result.firstDivergence?.layer == "Decoder.RF3.ResMM.conv1")
  }

  @Test func `an activation in place that the import ignores is found`() throws {
    let names = [Zoo.unfolded[0], Zoo.unfolded[1], "rectified-skip/decode.onnx"]
    let result = try verify(try Zoo.model(Zoo.unfolded), names)
    #expect(!result.passes)
    #expect(result.firstDivergence?.layer == "Decoder.ResMM.add")
  }

  /// Graphs of `Fixtures/make_graphs.py` beside the model that they should be.
  private func verify(
    altered name: String, ignoring: [NamePattern] = []
  ) throws -> SourceVerification {
    let path = try #require(
      Bundle.module.url(forResource: name, withExtension: "onnx", subdirectory: "Fixtures"))
    return try SourceVerification(
      of: try Zoo.model(Zoo.unfolded), against: [try WeightFile.read(path.path)],
      ignoring: ignoring, tolerances: Tolerances(standard: 1e-4),
      backend: ReferenceBackend(threads: 2), kernels: nil)
  }

  @Test func `an activation of another kind is found behind it`() throws {
    let result = try verify(altered: "decode-leaky")
    #expect(!result.passes)
    #expect(result.firstDivergence?.layer == "Decoder.ResMM.conv1")
  }

  @Test func `values of other types than numbers with fractions are not compared`() throws {
    let result = try verify(altered: "decode-integers")
    #expect(!result.passes)
    #expect(result.firstDivergence?.layer == "Decoder.ResMM.relu1")
  }

  @Test func `an output that the export turned around is found`() throws {
    let result = try verify(altered: "decode-turned")
    #expect(!result.passes)
    #expect(result.firstDivergence?.layer == "Decoder.upsample")
  }

  @Test func `probabilities made of the logits are compared`() throws {
    let result = try verify(altered: "decode-probability")
    #expect(result.passes)
    #expect(result.otherOutputs.isEmpty)
  }

  @Test func `an output that is nothing of the network's fails unless it is left out`() throws {
    let result = try verify(altered: "decode-negated")
    #expect(!result.passes && result.firstDivergence == nil)
    #expect(result.otherOutputs.map(\.name) == ["logits"])
    let lenient = try verify(altered: "decode-negated", ignoring: [NamePattern("log*")])
    #expect(lenient.passes)
    #expect(lenient.ignoredOutputs.map(\.name) == ["logits"])
  }

  @Test func `outputs that are something else than their names say are missing`() throws {
    let result = try verify(altered: "query-outputs")
    #expect(!result.passes)
    #expect(result.firstDivergence?.layer == nil)
    #expect(result.missing.map(\.name) == ["Encoder_Q.res3.0.relu3", "KV_Q_r4.Key"])
    #expect(result.otherOutputs.map(\.name) == ["key"])
  }

  @Test func `several objects and flat outputs are compared`() throws {
    let result = try verify(altered: "memorize-objects")
    #expect(result.passes)
    #expect(result.otherOutputs.isEmpty)
    #expect(result.comparisons.map(\.layer).contains("Encoder_M.conv1"))
  }

  @Test func `a flat memory is divided into frames`() throws {
    let result = try verify(altered: "decode-flat")
    #expect(result.passes)
    #expect(result.runs.map(\.memory) == [3])
  }

  @Test func `a single file is held against its part of the network`() throws {
    let result = try verify(try Zoo.model(Zoo.unfolded), [Zoo.unfolded[1]])
    #expect(result.passes)
    #expect(result.runs.map(\.graphs) == [["query"]])
    #expect(result.comparisons.allSatisfy { $0.file == "query.onnx" })
  }

  @Test(arguments: ["normalization-none/query.onnx", "torchscript-17-unfolded/query.onnx"])
  func `frames that a graph does not normalize are known`(file: String) throws {
    let run = try #require(try verify(try Zoo.model(Zoo.unfolded), [file]).runs.first)
    #expect(run.takesNormalizedFrames == file.hasPrefix("normalization-none"))
  }

  @Test func `open extents are those that were asked for`() throws {
    let file = "torchscript-17-dynamic/query.onnx"
    let model = try Zoo.model(Zoo.unfolded)
    let run = try #require(
      try verify(model, [file], extents: .init(size: [48, 16])).runs.first)
    #expect(run.height == 48 && run.width == 16)
    let standard = try #require(try verify(model, [file]).runs.first)
    #expect(standard.height == 96 && standard.width == 160)
  }

  @Test func `a size that a graph does not take is refused by input`() throws {
    let model = try Zoo.model(Zoo.unfolded)
    #expect(
      throws: VerificationError.sourceInput(
        path: Zoo.path(Zoo.unfolded[1]), input: "frame", expected: "height 64", found: "32")
    ) { try verify(model, [Zoo.unfolded[1]], extents: .init(size: [64, 64])) }
  }

  @Test func `an input without a role is refused until it is bound`() throws {
    let files = ["anonymous-inputs/memorize.onnx"]
    let model = try Zoo.model(Zoo.unfolded)
    #expect(throws: MappingError.self) { try verify(model, files) }
    let bindings = try ["x1=mask", "x2=others"].map { try #require(InputBinding($0)) }
    #expect(try verify(model, files, bindings: bindings).passes)
    let wrong = try ["x1=others", "x2=mask"].map { try #require(InputBinding($0)) }
    #expect(try !verify(model, files, bindings: wrong).passes)
  }

  @Test func `an operator that cannot run is refused by node and operator set`() throws {
    let files = [Zoo.unfolded[0], Zoo.unfolded[1], "onnxruntime-all/decode.onnx"]
    let model = try Zoo.model(files)
    let error = try #require(throws: OnnxExecutionError.self) { try verify(model, files) }
    #expect(error.description.contains("com.microsoft.nchwc.Conv"))
    #expect(error.description.contains("operator set"))
  }

  @Test func `the graph of another network is refused`() throws {
    let files = Zoo.unfolded
    #expect(throws: VerificationError.self) {
      try verify(
        try Model(
          STMNetwork(.tiny), precision: .float32,
          weights: try .random(STMNetwork(.tiny).parameters, seed: 1), path: "tiny"), files)
    }
  }

  @Test func `a file without a graph is refused`() throws {
    let model = try Zoo.model(Zoo.unfolded)
    #expect(throws: MappingError.noGraph(path: Zoo.path("fork-snake/stm.pth"))) {
      try verify(model, ["fork-snake/stm.pth"])
    }
  }
}
