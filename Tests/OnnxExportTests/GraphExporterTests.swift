import Execution
import Models
import Networks
import OnnxFiles
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

@testable import OnnxExport

/// What decides how a program is written.
@Suite struct GraphExporterTests {
  private static let network = STMNetwork(.tiny)

  private func document(
    _ bound: BoundProgram, of graph: Graph<LayerOperation>, _ weights: TensorArchive
  ) throws -> OnnxDocument {
    var exporter = try GraphExporter(bound, of: graph, in: Self.network, weights: weights)
    return try exporter.document(operatorSet: 17, producer: ("t", "1"), metadata: [:])
  }

  @Test func `a memory read of the best entries alone is refused`() throws {
    let model = try TinyExport(.float32).model
    let bound = try model.deployed(Self.network.decode, topK: 5)
    #expect(throws: ExportError.topK(graph: "decode", step: "Memory.read", limit: 5)) {
      try document(bound, of: Self.network.decode, model.weights)
    }
  }

  @Test func `a memory that the plan holds as integers is quantized as it comes in`() throws {
    let model = try TinyExport(.int8).model
    var entries = model.weights.entries
    for memory in ["memory_keys", "memory_values"] {
      entries += [
        .init(
          name: "\(memory).output.scale",
          tensor: Tensor(FloatTensor(shape: [], values: [0.5]))),
        .init(
          name: "\(memory).output.zero_point",
          tensor: Tensor(bitPatterns: [3 as UInt8], elementType: .uint8, shape: [])),
      ]
    }
    let weights = try TensorArchive(entries)
    let plan = PrecisionPlan(
      .int8, memories: ["memory_keys": .int8, "memory_values": .int8])
    let bound = try BoundProgram(
      Program(deploying: Self.network.decode), plan: plan, weights: weights)
    let found = try document(bound, of: Self.network.decode, weights)
    let node = try #require(found.nodes.first { $0.name == "memory_keys.quantized" })
    #expect(node.operation.type == "QuantizeLinear")
    #expect(node.inputs == ["memory_keys", "memory_keys.scale", "memory_keys.zero_point"])
    #expect(found.nodes.contains { $0.name == "memory_values.quantized" })
  }

  @Test func `steps that a plan keeps wide are written as such, their neighbours as integers`()
    throws
  {
    let tiny = try TinyExport(.int8)
    let wide = try TinyExport(.float32).model
    let layer = "Decoder.RF2.ResMM.conv1"
    let entries = try tiny.model.weights.entries.map { entry in
      guard entry.name == "\(layer).weight", let kernel = wide.weights[entry.name] else {
        return entry
      }
      return TensorArchive.Entry(name: entry.name, tensor: try kernel.tensor())
    }
    let weights = try TensorArchive(entries)
    let bound = try BoundProgram(
      Program(deploying: Self.network.decode),
      plan: PrecisionPlan(.int8, exceptions: [layer: .float32]), weights: weights)
    let found = try document(bound, of: Self.network.decode, weights)
    let names = Set(found.nodes.map(\.name))
    #expect(!names.contains("\(layer).weight") && names.contains("Decoder.RF2.ResMM.conv2.weight"))
    #expect(
      found.initializers.contains { $0.name == "\(layer).weight" && $0.elementType == .float32 })
    let convolution = try #require(found.nodes.first { $0.name == layer })
    #expect(convolution.inputs[1...] == ["\(layer).weight", "\(layer).bias"])
  }

  @Test func `a bias is counted in units of the accumulator, ties to even`() {
    let units = GraphExporter.accumulatorUnits(
      [1, -1, 0.25, 0.75], [0.5, 0.25, 0.5, 0.5], products: 9)
    #expect(units == [2, -4, 0, 2])
  }

  @Test func `a bias that may carry a sum out of 32 bits is left as it is`() {
    let products = 1000
    let limit = Float(Int32.max) - Float(products * 255 * 128)
    let inside = GraphExporter.accumulatorUnits([limit * 0.99], [1], products: products)
    #expect(inside?.count == 1)
    #expect(GraphExporter.accumulatorUnits([limit * 1.01], [1], products: products) == nil)
    #expect(GraphExporter.accumulatorUnits([-limit * 1.01], [1], products: products) == nil)
    #expect(GraphExporter.accumulatorUnits([1, 1], [1, 1e-30], products: 1) == nil)
  }
}
