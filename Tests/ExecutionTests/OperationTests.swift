import Execution
import Networks
import STMModel
import Tensors
import Testing

@Suite struct OperationTests {
  /// The steps of a graph of one layer.
  private func step(_ operation: LayerOperation, inputs: Int = 1) -> Step {
    let names = (0..<inputs).map { "x\($0)" }
    guard
      let graph = try? Graph(
        name: "g", inputs: names,
        nodes: [.init(name: "layer", operation: operation, inputs: names, outputs: ["layer"])],
        outputs: [.init(name: "y", value: "layer")])
    else { preconditionFailure("a graph of one layer") }
    return Program(deploying: graph).steps[0]
  }

  /// The operations of `graph` of the published network for inputs of these shapes.
  private func operations(
    _ graph: KeyPath<STMNetwork, Graph<LayerOperation>>, _ shapes: [String: Shape]
  ) throws -> Int {
    let program = Program(deploying: STMNetwork(.published)[keyPath: graph])
    return try program.operations(for: shapes).values.reduce(0, +)
  }

  @Test func `a convolution takes two operations for every product`() throws {
    let convolution = Convolution(3, 5, kernel: 3, stride: 2, hasBias: true)
    let count = try step(.convolution(convolution)).operations(for: [[2, 3, 8, 10]])
    #expect(count == 2 * (2 * 5 * 4 * 5) * (3 * 3 * 3))
  }

  @Test func `a memory read takes the products with keys and with values, for each object`() throws
  {
    let read = step(.memoryRead, inputs: 3)
    let count = try read.operations(for: [[2, 4, 3, 5, 6], [2, 7, 3, 5, 6], [1, 4, 5, 6]])
    #expect(count == 2 * 2 * (4 + 7) * (3 * 30) * 30)
  }

  @Test func `a step that only passes over its input takes none`() throws {
    for operation in [LayerOperation.relu, .upsample(factor: 2)] {
      #expect(try step(operation).operations(for: [[1, 2, 4, 4]]) == 0)
    }
  }

  @Test func `the published network memorizes a frame of 480x864 in 75 billion operations`() throws
  {
    let mask: Shape = [1, 1, 480, 864]
    let count = try operations(
      \.memorize, ["frame": [1, 3, 480, 864], "mask": mask, "others": mask])
    #expect(abs(Double(count) / 1e9 - 75) < 1)
  }

  @Test func `the published network segments a frame with four in memory in 297 billion`() throws {
    let query = try operations(\.query, ["frame": [1, 3, 480, 864]])
    let decode = try operations(
      \.decode,
      [
        "memory_keys": [1, 128, 4, 30, 54], "memory_values": [1, 512, 4, 30, 54],
        "key": [1, 128, 30, 54], "value": [1, 512, 30, 54], "r3": [1, 512, 60, 108],
        "r2": [1, 256, 120, 216],
      ])
    #expect(abs(Double(query + decode) / 1e9 - 297) < 1)
  }

  @Test func `an input whose shape is not said is refused by name`() {
    #expect(throws: ExecutionError.missingInput(program: "query", input: "frame")) {
      try operations(\.query, [:])
    }
  }
}
