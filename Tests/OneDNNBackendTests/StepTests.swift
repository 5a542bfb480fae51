import Execution
import Networks
import OneDNNBackend
import Quantization
import Tensors
import TestSupport
import Testing

/// Each kind of step against the reference, on small odd shapes.
@Suite struct StepTests {
  /// A step, and the shapes of its inputs.
  struct Case: Sendable, CustomTestStringConvertible {
    let operations: [LayerOperation]
    let shapes: [Shape]
    var testDescription: String { "\(operations) \(shapes)" }

    init(_ operations: LayerOperation..., shapes: Shape...) {
      self.operations = operations
      self.shapes = shapes
    }

    /// The first operation reads the inputs; the others follow one another, and an addition reads
    /// the last input besides.
    var program: Program {
      get throws {
        let inputs = shapes.indices.map { "input\($0)" }
        var nodes: [Graph<LayerOperation>.Node] = []
        for (index, operation) in operations.enumerated() {
          let previous = index == 0 ? inputs : ["node\(index - 1)"]
          let reads =
            switch operation {
            case .convolution: [previous[0]]
            case .add where index > 0: previous + [inputs[inputs.count - 1]]
            default: previous
            }
          let name = "node\(index)"
          nodes.append(.init(name: name, operation: operation, inputs: reads, outputs: [name]))
        }
        return Program(
          deploying: try Graph(
            name: "test", inputs: inputs, nodes: nodes,
            outputs: [.init(name: "y", value: "node\(nodes.count - 1)")]))
      }
    }
  }

  static let cases: [Case] = [
    Case(.normalize(module: "module", channels: 3), shapes: [2, 3, 5, 7]),
    Case(.batchNormalization(BatchNormalization(channels: 5)), shapes: [2, 5, 3, 5]),
    Case(.batchNormalization(BatchNormalization(channels: 32)), shapes: [1, 32, 3, 5]),
    Case(.relu, shapes: [2, 19, 3, 5]),
    Case(.maxPool(MaxPool(kernel: 3, stride: 2, padding: 1)), shapes: [2, 16, 7, 9]),
    Case(.maxPool(MaxPool(kernel: 2, stride: 2, padding: 0)), shapes: [1, 3, 6, 9]),
    Case(.add, shapes: [2, 16, 3, 5], [2, 16, 3, 5]),
    Case(.add, shapes: [1, 16, 3, 5], [3, 16, 3, 5], [3, 16, 3, 5]),
    Case(.add, shapes: [3, 5, 3, 5], [1, 5, 3, 5]),
    Case(.upsample(factor: 2), shapes: [2, 16, 3, 5]),
    Case(.upsample(factor: 4), shapes: [2, 2, 3, 5]),
    Case(.concatenate, shapes: [2, 16, 3, 5], [1, 32, 3, 5]),
    Case(.concatenate, shapes: [1, 3, 3, 5], [1, 2, 3, 5], [1, 1, 3, 5]),
    Case(.memoryRead, shapes: [2, 32, 3, 3, 5], [2, 48, 3, 3, 5], [1, 32, 3, 5]),
    Case(.memoryRead, shapes: [1, 7, 1, 1, 3], [1, 5, 1, 1, 3], [1, 7, 1, 3]),
    Case(
      .convolution(Convolution(3, 16, kernel: 7, stride: 2, hasBias: false)), shapes: [1, 3, 9, 13]),
    Case(
      .convolution(Convolution(1, 16, kernel: 7, stride: 2, hasBias: false)), shapes: [2, 1, 9, 13]),
    Case(.convolution(Convolution(16, 2, kernel: 3, hasBias: true)), shapes: [2, 16, 5, 7]),
    Case(
      .convolution(Convolution(16, 33, kernel: 1, stride: 2, hasBias: true)), .relu,
      shapes: [2, 16, 5, 7]),
    Case(
      .convolution(Convolution(16, 16, kernel: 3, hasBias: true)), .add, .relu,
      shapes: [2, 16, 5, 7], [2, 16, 5, 7]),
    Case(
      .convolution(Convolution(16, 16, kernel: 3, hasBias: true)), .add, shapes: [3, 16, 5, 7],
      [1, 16, 5, 7]),
    Case(
      .convolution(Convolution(16, 16, kernel: 3, hasBias: true)), .add, shapes: [1, 16, 5, 7],
      [3, 16, 5, 7]),
  ]

  @Test(arguments: cases, [Precision.float32, .float16])
  func `a step agrees with the reference`(_ test: Case, _ precision: Precision) throws {
    let program = try test.program
    let parameters = program.steps.flatMap { $0.operation.parameters(of: $0.layer) }
    let bound = try BoundProgram(
      program, precision: precision, weights: try .random(parameters, seed: 3))
    var generator = SeededGenerator(seed: 4)
    let inputs = test.shapes.map { FloatTensor.random($0, in: -2...2, using: &generator) }
    let named = Dictionary(uniqueKeysWithValues: zip(program.inputs, inputs))
    let compiled = try backend.get().compile(bound)
    let expected = try #require(try ReferenceBackend(threads: 1).compile(bound).run(named)["y"])
    let found = try #require(try compiled.run(named)["y"])
    #expect(found.shape == expected.shape)
    #expect(found.relativeError(to: expected) < (precision == .float32 ? 1e-6 : 1e-3))
    guard program.steps.count == 1, let step = program.steps.first else { return }
    let alone = try compiled.run(step: step.name, inputs: inputs)
    #expect(alone.bits == found.bits)
  }

  @Test(arguments: [3, 16, 20, 32])
  func `a batch norm behind a convolution may have channels that fill no block`(
    _ channels: Int
  ) throws {
    var builder = GraphBuilder("test", inputs: ["x"])
    let convolved = builder.layer(
      "convolution", .convolution(Convolution(32, channels, kernel: 3, hasBias: false)), "x")
    let y = builder.layer(
      "norm", .batchNormalization(BatchNormalization(channels: channels)), convolved)
    let program = Program(layersOf: builder.finish(["y": y]))
    let bound = try BoundProgram(
      program, precision: .float32,
      weights: try .random(
        program.steps.flatMap { $0.operation.parameters(of: $0.layer) }, seed: 5))
    var generator = SeededGenerator(seed: 6)
    let x = FloatTensor.random([1, 32, 12, 16], in: -2...2, using: &generator)
    let expected = try #require(try ReferenceBackend().compile(bound).run(["x": x])["y"])
    let found = try #require(try backend.get().compile(bound).run(["x": x])["y"])
    #expect(found.relativeError(to: expected) < 1e-5)
  }

  @Test(arguments: [Precision.float16, .bfloat16])
  func `what a program is given is rounded to its storage first`(_ precision: Precision) throws {
    var builder = GraphBuilder("test", inputs: ["x"])
    let rectified = builder.layer("relu", .relu, "x")
    let y = builder.layer(
      "y", .convolution(Convolution(16, 16, kernel: 1, hasBias: false)), rectified)
    let program = Program(deploying: builder.finish(["rectified": rectified, "y": y]))
    let bound = try BoundProgram(
      program, precision: precision,
      weights: try .random(
        program.steps.flatMap { $0.operation.parameters(of: $0.layer) }, seed: 3))
    var generator = SeededGenerator(seed: 4)
    let x = FloatTensor.random([2, 16, 3, 5], in: -2...2, using: &generator)
    let expected = x.values.map { bound.storage(of: "x").rounded(max($0, 0)) }
    #expect(expected != x.values.map { max($0, 0) })
    let outputs = try backend.get().compile(bound).run(["x": x])
    #expect(outputs["rectified"]?.values == expected)
  }

  @Test(.enabled(if: OneDNNBackend.runsIntegers))
  func `steps on integers round as the reference does`() throws {
    var builder = GraphBuilder("test", inputs: ["x", "other", "extra", "another"])
    let pooled = builder.layer(
      "pool", .maxPool(MaxPool(kernel: 3, stride: 2, padding: 1)), "x")
    let rectified = builder.layer("relu", .relu, pooled)
    let larger = builder.layer("upsample", .upsample(factor: 2), rectified)
    let sum = builder.layer("add", .add, larger, "other")
    let y = builder.layer(
      "last", .convolution(Convolution(16, 4, kernel: 1, hasBias: false)), sum)
    let joined = builder.layer("concatenate", .concatenate, "extra", "another")
    let z = builder.layer(
      "joined", .convolution(Convolution(32, 4, kernel: 1, hasBias: false)), joined)
    let program = Program(deploying: builder.finish(["y": y, "z": z]))
    let weights = try TensorArchive.randomIntegers(of: program, seed: 5) { value in
      switch program.quantizationOwner(of: value) {
      case "x": .asymmetric(minimum: -1.1, maximum: 2)
      case "other": .symmetric(magnitude: 1.7)
      default: .asymmetric(minimum: -2.1, maximum: 3)
      }
    }
    let bound = try BoundProgram(program, precision: .int8, weights: weights)
    var generator = SeededGenerator(seed: 6)
    let inputs = [
      "x": FloatTensor.random([2, 16, 6, 10], in: -2...2, using: &generator),
      "other": FloatTensor.random([1, 16, 6, 10], in: -2...2, using: &generator),
      "extra": FloatTensor.random([1, 16, 3, 5], in: -3...3, using: &generator),
      "another": FloatTensor.random([2, 16, 3, 5], in: -3...3, using: &generator),
    ]
    let (reference, compiled) = (
      ReferenceBackend(threads: 1).compile(bound), try backend.get().compile(bound)
    )
    var values: [String: FloatTensor] = [:]
    let names = Set(program.inputs + program.steps.map(\.name))
    _ = try reference.run(inputs, taps: Taps(names) { values[$0] = $1 })
    for step in program.steps {
      let operands = step.inputs.compactMap { values[$0] }
      let found = try compiled.run(step: step.name, inputs: operands)
      let expected = try #require(values[step.name])
      let differing = zip(found.values, expected.values).filter { $0 != $1 }
      #expect(differing.isEmpty, "\(step.name): \(differing.prefix(3))")
    }
  }
}

private let backend = Result { try OneDNNBackend(threads: 2) }
