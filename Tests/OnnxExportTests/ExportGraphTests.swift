import Execution
import Models
import Networks
import OnnxExport
import OnnxFiles
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

/// What exported graphs consist of.
@Suite struct ExportGraphTests {
  private func nodes(_ export: OnnxExport) -> [Graph<OnnxOperator>.Node] {
    export.documents.flatMap(\.nodes)
  }

  @Test func `every layer of a fp32 model has a node of its name`() throws {
    let tiny = try TinyExport(.float32)
    let names = Set(nodes(try tiny.export()).map(\.name))
    let layers = tiny.model.network.graphs.flatMap { $0.nodes.map(\.name) }
    #expect(names.isSuperset(of: layers))
    let folded = Set(nodes(try tiny.export(foldsBatchNorms: true)).map(\.name))
    #expect(Set(layers).subtracting(folded).allSatisfy { $0.split(separator: ".").last != "relu" })
    #expect(folded.contains("Encoder_Q.res2.0.conv3") && folded.contains("Encoder_Q.res2.0.add"))
    #expect(!folded.contains("Encoder_Q.res2.0.bn3"))
  }

  @Test func `inputs and outputs are the network's, open where a run decides`() throws {
    let documents = try TinyExport(.float32).export().documents
    #expect(documents.map(\.name) == ["memorize", "query", "decode"])
    for (document, graph) in zip(documents, STMNetwork(.tiny).graphs) {
      #expect(document.inputs.map(\.name) == graph.inputs)
      #expect(document.outputs.map(\.name) == graph.outputs.map(\.name))
    }
    #expect(
      documents[2].inputs[0].dimensions == [
        .symbol("objects"), .fixed(4), .symbol("memory"), .symbol("height/16"),
        .symbol("width/16"),
      ])
    #expect(
      documents[2].outputs[0].dimensions == [
        .symbol("objects"), .fixed(2), .symbol("height"), .symbol("width"),
      ])
  }

  @Test func `what a file says of itself is the tool, the version and the remarks, and no more`()
    throws
  {
    let documents = try TinyExport(.float32).export(operatorSet: 21).documents
    try TinyExport.read(documents[0]) { model in
      #expect(model.producerName == "stm-tools")
      #expect(model.producerVersion == "1.2.3")
      #expect(model.irVersion == 10)
      #expect(model.operatorSets == ["": 21])
    }
    #expect(documents.allSatisfy { $0.metadata == ["a": "1"] })
  }

  @Test(arguments: [Precision.float32, .int8])
  func `the same model gives the same bytes`(precision: Precision) throws {
    try ScratchFolder.with { folder in
      for name in ["a", "b"] {
        for document in try TinyExport(precision).export().documents {
          try OnnxFile.write(document, to: folder.file("\(name)-\(document.name)"))
        }
      }
      for name in ["memorize", "query", "decode"] {
        #expect(try folder.bytes(of: "a-\(name)") == folder.bytes(of: "b-\(name)"))
      }
    }
  }

  @Test(arguments: [(Precision.float16, ElementType.float16), (.bfloat16, .bfloat16)])
  func `kernels of 16 bits are stored as such`(precision: Precision, elementType: ElementType)
    throws
  {
    let documents = try TinyExport(precision).export().documents
    let kernels = documents.flatMap(\.initializers).filter { $0.shape.rank == 4 && $0.shape[2] > 1 }
    #expect(!kernels.isEmpty && kernels.allSatisfy { $0.elementType == elementType })
  }

  @Test func `every value that an int8 program holds as integers is quantized, and no other`()
    throws
  {
    let tiny = try TinyExport(.int8)
    for (document, graph) in zip(try tiny.export().documents, tiny.model.network.graphs) {
      let bound = try tiny.model.deployed(graph)
      let held = bound.storage.held.filter { $0.value.isQuantized }.keys
      let quantized = document.nodes.filter { $0.operation.type == "QuantizeLinear" }
      #expect(Set(quantized.map(\.name)) == Set(held.map { "\($0).quantized" }))
    }
  }

  @Test func `a bias is an integer where the result is quantized at once, but for images`() throws {
    let tiny = try TinyExport(.int8)
    for (document, graph) in zip(try tiny.export().documents, tiny.model.network.graphs) {
      let bound = try tiny.model.deployed(graph)
      let types = Dictionary(
        uniqueKeysWithValues: document.initializers.map { ($0.name, $0.elementType) })
      for step in bound.program.steps where step.convolution != nil && step.hasBias {
        let isInteger =
          bound.storage(of: step.name).isQuantized && !step.addsResidual && !step.readsImages
        #expect(types["\(step.layer).bias.int32"] == (isInteger ? .int32 : nil), "\(step.name)")
        #expect(types["\(step.layer).bias"] == (isInteger ? nil : .float32), "\(step.name)")
      }
    }
  }

  @Test func `kernels of int8 keep their integers and the scales of their channels`() throws {
    let tiny = try TinyExport(.int8)
    try TinyExport.read(tiny.export().documents[2]) { model in
      let name = "Decoder.convFM.weight"
      let stored = try #require(try tiny.model.weights[name]?.tensor())
      #expect(try #require(try model.weights["\(name).int8"]?.tensor()).isBitIdentical(to: stored))
      let scales = try #require(try tiny.model.weights["\(name).scale"]?.tensor())
      #expect(try #require(try model.weights["\(name).scale"]?.tensor()).isBitIdentical(to: scales))
      let node = try #require(try model.graph.nodes.first { $0.name == name })
      guard case .integer(0)? = node.operation.attributes["axis"] else {
        Issue.record("\(node.operation)")
        return
      }
    }
  }
}
