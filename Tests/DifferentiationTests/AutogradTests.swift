import Differentiation
import Networks
import Tensors
import Testing

/// Every operator and its gradients in plain loops against PyTorch's autograd, in binary64.
@Suite struct AutogradTests {
  private let cases: AutogradCases

  init() throws { cases = try AutogradCases("gradients.safetensors") }

  @Test(arguments: [
    ("conv1x1s2", 2, false), ("conv3x3s2", 2, true), ("conv7x7s2", 2, false),
    ("convOneAddedToTwo", 1, true), ("convTwoAddedToOne", 1, true),
  ])
  func `a convolution's gradients are PyTorch's`(name: String, stride: Int, relu: Bool) throws {
    let weight = try cases.numbers("\(name)/w").shape
    let residual = cases.has("\(name)/r")
    var b = GraphBuilder("g", inputs: residual ? ["x", "r"] : ["x"])
    var y = b.layer(
      "layer",
      .convolution(
        Convolution(
          weight[1], weight[0], kernel: weight[2], stride: stride, hasBias: cases.has("\(name)/b"))
      ), "x")
    if residual { y = b.layer("add", .add, "r", y) }
    if relu { y = b.layer("relu", .relu, y) }
    let program = Program(deploying: b.finish(["y": y]))
    #expect(program.steps.count == 1)
    try cases.expect(name, program, numbers: [y: ("w", "b")])
  }

  @Test(arguments: ["pool-even", "pool-odd", "pool-one"])
  func `a pooling's gradient goes to the first largest element, as PyTorch's`(
    name: String
  ) throws {
    try expect(name, .maxPool(MaxPool(kernel: 3, stride: 2, padding: 1)), "x")
  }

  @Test func `an upsampling's gradient is PyTorch's`() throws {
    try expect("upsample4", .upsample(factor: 4), "x")
  }

  @Test(arguments: ["upsampleOneAddedToTwo", "upsampleTwoAddedToOne"])
  func `the gradients of an upsampling that is added to another value are PyTorch's`(
    name: String
  ) throws {
    var b = GraphBuilder("g", inputs: ["x", "r"])
    let larger = b.layer("upsample", .upsample(factor: 2), "x")
    let y = b.layer("add", .add, "r", larger)
    let program = Program(deploying: b.finish(["y": y]))
    #expect(program.steps.count == 1)
    try cases.expect(name, program, numbers: [:])
  }

  @Test func `the gradients of a ReLU, a sum and a concatenation are PyTorch's`() throws {
    try expect("relu", .relu, "x")
    try expect("add", .add, "x", "r")
    try expect("concatenate", .concatenate, "x", "r")
  }

  @Test(arguments: ["frozen", "batch"])
  func `a batch norm's gradients are PyTorch's, frozen and of the batch`(name: String) throws {
    try expect(
      name, .batchNormalization(BatchNormalization(channels: 3)), "x",
      numbers: ["layer": ("w", "b")], batchNorms: name == "batch" ? .batch : .frozen)
  }

  @Test func `a memory read's gradients are PyTorch's`() throws {
    try expect("read", .memoryRead, "keys", "values", "query")
  }

  /// Compares the program of one layer that reads `inputs`.
  private func expect(
    _ name: String, _ operation: LayerOperation, _ inputs: String...,
    numbers: [String: (weight: String, bias: String)] = [:],
    batchNorms: DifferentiableProgram<PlainKernels<Double>>.BatchNorms = .frozen
  ) throws {
    let graph = try Graph(
      name: "g", inputs: inputs,
      nodes: [.init(name: "layer", operation: operation, inputs: inputs, outputs: ["layer"])],
      outputs: [.init(name: "y", value: "layer")])
    try cases.expect(
      name, Program(layersOf: graph), numbers: numbers, batchNorms: batchNorms)
  }
}
