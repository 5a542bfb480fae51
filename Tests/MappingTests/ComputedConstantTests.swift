import Foundation
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Mapping

/// Kernels that graphs compute from constants, and kernels in blocks of channels.
@Suite struct ComputedConstantTests {
  @Test(arguments: ["computed", "blocks-8", "blocks-16"])
  func `what a graph computes from constants is what NumPy computes in binary64`(
    graph: String
  ) throws {
    let found = try Self.constants(of: try Self.path("\(graph).onnx"))
    let truth = try WeightFile.read(try Self.path("\(graph).safetensors")).weights
    #expect(Set(found.map(\.entry.name)) == Set(truth.entries.map(\.name)))
    for result in found {
      let expected = try #require(truth[result.entry.name]).tensor()
      let tensor = try result.entry.tensor()
      #expect(tensor.isBitIdentical(to: expected), "\(result.entry.name)")
    }
  }

  @Test func `the parts of a computed constant are what its elements come from`() throws {
    let found = try Self.constants(of: try Self.path("computed.onnx"))
    let kernel = try #require(found.first { $0.entry.name == "transpose" })
    #expect(kernel.parts == ["kernel", "scale"])
    #expect(kernel.transform.description.hasPrefix("computed by Transpose#"))
  }

  @Test func `a kernel out of blocks cites its layout, and a bias that was cut the cut`() throws {
    let found = try Self.constants(of: try Self.path("blocks-8.onnx"))
    #expect(
      found.map { "\($0.entry.name): \($0.transform)" } == [
        "Conv#0 kernel: unblock OIHW8o", "Conv#2 kernel: unblock OIHW8i8o",
        "Conv#2 bias: slice 0..<11 of axis 0",
      ])
  }

  @Test(arguments: [
    ("unknown", "Softmax#0"), ("outer", "Mul#0"), ("doubling", "Add#64 behind many others"),
  ])
  func `a kernel that is not arithmetic on constants of its size is refused by operator`(
    graph: String, operation: String
  ) throws {
    let error = try #require(throws: MappingError.self) {
      try Self.constants(of: try Self.path("\(graph).onnx"))
    }
    guard case .computedWeight(_, let node, operation) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(node.hasPrefix("Conv#"))
  }

  @Test(arguments: [
    "blocks-open", "blocks-filled", "blocks-filled-bias", "blocks-contradiction",
  ])
  func `blocks are refused that could be of 8 or 16, or that are filled up with more than zeros`(
    graph: String
  ) throws {
    let path = try Self.path("\(graph).onnx")
    #expect(
      throws: MappingError.processorLayout(
        path: path, node: "Conv#0", domain: "com.microsoft.nchwc")
    ) { try Self.constants(of: path) }
  }

  @Test func `every tensor that a folded kernel is made of counts as used`() throws {
    let export = try #require(try ExporterCase.all().first { $0.name == "onnxoptimizer" })
    let audit = try Export.map(exporters: export.files).audit
    let kernel = try #require(audit.matches.first { $0.parameter == "Encoder_Q.conv1.weight" })
    #expect(kernel.sources.count >= 4)
    #expect(kernel.sources[0].shape == [2, 3, 7, 7])
    #expect(kernel.transforms.first?.description.hasPrefix("computed by Mul#") == true)
    #expect(kernel.evidence.kind == "topology")
    #expect(audit.sourceCount == audit.usedCount + audit.ignored.count)
  }

  @Test func `what a graph computes outranks the names of its parts`() throws {
    func map(_ query: String) throws -> MappedWeights {
      let paths = [
        try Export.path(Export.torchscript[0]), query, try Export.path(Export.torchscript[2]),
      ]
      return try MappedWeights(of: try paths.map { try WeightFile.read($0) })
    }
    let named = try map(try Self.path("named.onnx"))
    let nameless = try map(try Export.path("onnxoptimizer/query.onnx"))
    #expect(named.audit.isClean, "\(named.audit.allProblems)")
    let kernel = try #require(
      named.audit.matches.first { $0.parameter == "Encoder_Q.conv1.weight" })
    #expect(kernel.sources.map(\.tensor).contains("Encoder_Q.bn1.running_var"))
    #expect(named.weights.entries.map(\.name) == nameless.weights.entries.map(\.name))
    for entry in named.weights.entries {
      let expected = try #require(nameless.weights[entry.name]).tensor()
      #expect(try entry.tensor().isBitIdentical(to: expected), "\(entry.name)")
    }
  }

  @Test(arguments: ["computed", "blocks-8"])
  func `damaged graphs are computed or refused, and trap nothing`(graph: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: try Self.path("\(graph).onnx"))))
    var generator = SeededGenerator(seed: 1)
    try ScratchFolder.with { folder in
      for _ in 0..<40 {
        var damaged = bytes
        for _ in 0..<2 {
          damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
            in: 0...255, using: &generator)
        }
        let path = try folder.write(damaged, to: "damaged.onnx")
        for result in (try? Self.constants(of: path)) ?? [] { _ = try? result.entry.tensor() }
      }
    }
  }

  private static func path(_ name: String) throws -> String {
    try #require(Bundle.module.resourceURL).appending(path: "Fixtures/graphs/\(name)").path
  }

  private static func constants(of path: String) throws -> [ConstantProgram.Result] {
    let source = try WeightFile.read(path, as: .onnx)
    guard case .onnx(let model) = source.structure else { return [] }
    return try Wiring(model, path: path).constants.results
  }
}
