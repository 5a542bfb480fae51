import Differentiation
import Networks
import Tensors
import TestSupport
import Testing

/// Every kind of step against central differences, by every element of every operand.
@Suite struct CentralDifferenceTests {
  @Test(arguments: [(1, 1), (1, 2), (2, 1), (2, 2)])
  func `a convolution that adds another value, and a ReLU`(images: Int, others: Int) throws {
    var b = GraphBuilder("g", inputs: ["x", "r"])
    var y = b.layer(
      "layer", .convolution(Convolution(2, 3, kernel: 3, stride: 2, hasBias: true)), "x")
    y = b.layer("add", .add, "r", y)
    y = b.layer("relu", .relu, y)
    try expect(
      Program(deploying: b.finish(["y": y])), [[images, 2, 5, 4], [others, 3, 3, 2]],
      numbers: [y: ([3, 2, 3, 3], 3)])
  }

  @Test(arguments: [1, 3, 7])
  func `a convolution of odd sizes`(kernel: Int) throws {
    try expect(
      .convolution(Convolution(2, 2, kernel: kernel, stride: 2, hasBias: false)), [[2, 2, 5, 3]],
      weight: [2, 2, kernel, kernel])
  }

  @Test func `a convolution that normalizes images as it reads them`() throws {
    var b = GraphBuilder("g", inputs: ["frame", "mask"])
    let normalized = b.layer("normalize", .normalize(module: "m", channels: 2), "frame")
    let first = b.layer(
      "first", .convolution(Convolution(2, 2, kernel: 3, hasBias: false)), normalized)
    let second = b.layer(
      "second", .convolution(Convolution(1, 2, kernel: 3, hasBias: false)), "mask")
    let program = Program(deploying: b.finish(["y": b.layer("add", .add, first, second)]))
    try expect(
      program, [[1, 2, 3, 4], [2, 1, 3, 4]], numbers: ["add": ([2, 3, 3, 3], 0)],
      normalization: .init(mean: [0.4, 0.5, 0], deviation: [0.2, 0.3, 1]))
  }

  @Test func `an image that is normalized by itself`() throws {
    try expect(
      .normalize(module: "m", channels: 2), [[1, 2, 3, 2]],
      normalizations: ["layer": .init(mean: [0.4, 0.5], deviation: [0.2, 0.3])])
  }

  @Test(arguments: [ScalarLoss.Network.BatchNorms.frozen, .batch])
  func `a batch norm`(batchNorms: ScalarLoss.Network.BatchNorms) throws {
    try expect(
      .batchNormalization(BatchNormalization(channels: 2)), [[2, 2, 3, 2]], weight: [2], bias: 2,
      batchNorms: batchNorms)
  }

  @Test func `a ReLU, a pooling and an upsampling by 3`() throws {
    try expect(.relu, [[2, 2, 3, 2]])
    try expect(.maxPool(MaxPool(kernel: 3, stride: 2, padding: 1)), [[2, 2, 5, 4]])
    try expect(.upsample(factor: 3), [[2, 2, 2, 3]])
  }

  @Test(arguments: [(1, 1), (1, 2), (2, 1), (2, 2)])
  func `an upsampling that is added to another value`(images: Int, others: Int) throws {
    var b = GraphBuilder("g", inputs: ["x", "r"])
    let larger = b.layer("upsample", .upsample(factor: 2), "x")
    let program = Program(deploying: b.finish(["y": b.layer("add", .add, "r", larger)]))
    try expect(program, [[images, 2, 2, 3], [others, 2, 4, 6]])
  }

  @Test func `a sum and a concatenation of three values, of one image and of two`() throws {
    try expect(.add, [[1, 2, 2, 3], [2, 2, 2, 3], [1, 2, 2, 3]])
    try expect(.concatenate, [[1, 2, 2, 3], [2, 1, 2, 3], [1, 3, 2, 3]])
  }

  @Test func `a value that several steps read, one of them twice`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let twice = b.layer("add", .add, "x", "x")
    let rectified = b.layer("relu", .relu, "x")
    try expect(
      Program(layersOf: b.finish(["y": b.layer("concatenate", .concatenate, twice, rectified)])),
      [[1, 2, 2, 3]])
  }

  @Test(arguments: [1, 2])
  func `a memory read of one object and of two`(objects: Int) throws {
    try expect(
      .memoryRead, [[objects, 3, 2, 2, 2], [objects, 4, 2, 2, 2], [1, 3, 2, 2]])
  }

  /// Checks the program of one layer that reads values of `shapes`.
  private func expect(
    _ operation: LayerOperation, _ shapes: [Shape], weight: Shape? = nil, bias: Int = 0,
    normalizations: [String: ImageNormalization] = [:],
    batchNorms: ScalarLoss.Network.BatchNorms = .frozen
  ) throws {
    let inputs = shapes.indices.map { "x\($0)" }
    let graph = try Graph(
      name: "g", inputs: inputs,
      nodes: [.init(name: "layer", operation: operation, inputs: inputs, outputs: ["layer"])],
      outputs: [.init(name: "y", value: "layer")])
    try expect(
      Program(layersOf: graph), shapes, numbers: weight.map { ["layer": ($0, bias)] } ?? [:],
      normalizations: normalizations, batchNorms: batchNorms)
  }

  /// Checks all gradients of `program`, whose inputs are of `shapes`, and kernels and biases as
  /// `numbers` says.
  private func expect(
    _ program: Program, _ shapes: [Shape], numbers: [String: (weight: Shape, bias: Int)] = [:],
    normalization: ImageNormalization? = nil, normalizations: [String: ImageNormalization] = [:],
    batchNorms: ScalarLoss.Network.BatchNorms = .frozen
  ) throws {
    var generator = SeededGenerator(seed: 7)
    var inputs: [String: Numbers<Double>] = [:]
    for (name, shape) in zip(program.inputs, shapes) {
      inputs[name] = .random(shape, using: &generator)
    }
    let loss = try ScalarLoss(
      program, inputs: inputs,
      numbers: numbers.mapValues { weight, bias in
        StepNumbers(
          weight: .random(weight, using: &generator),
          bias: bias > 0 ? Numbers.random([bias], using: &generator).values : nil,
          normalization: normalization)
      }, normalizations: normalizations, batchNorms: batchNorms)
    let gradients = try loss.gradients()
    for part in loss.parts {
      let gradient = try #require(gradients[part], "\(part)")
      let error = try loss.error(of: gradient, by: part)
      #expect(error < 1e-7, "\(part): \(error)")
    }
  }
}
