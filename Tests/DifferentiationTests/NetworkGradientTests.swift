import Differentiation
import Execution
import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

/// The three programs of a tiny network, forwards and backwards.
@Suite struct NetworkGradientTests {
  /// How a graph is lowered to a program.
  enum Lowering: CaseIterable {
    case deployed
    case frozen
    case batch

    func program(of graph: Graph<LayerOperation>) -> Program {
      self == .deployed ? Program(deploying: graph) : Program(layersOf: graph)
    }
  }

  private let tiny: TinyNetwork

  init() throws { tiny = try TinyNetwork() }

  private func loss(_ program: Program, _ lowering: Lowering) throws -> ScalarLoss {
    try ScalarLoss(
      program, inputs: tiny.network.randomInputs(of: program).mapValues { Numbers($0) },
      numbers: try tiny.numbers(of: program, frozen: lowering != .batch),
      normalizations: try tiny.normalizations(of: program),
      batchNorms: lowering == .batch ? .batch : .frozen)
  }

  @Test(arguments: Lowering.allCases)
  func `the gradients by each stage's parameters are central differences`(
    lowering: Lowering
  ) throws {
    for graph in tiny.network.graphs {
      let program = lowering.program(of: graph)
      let loss = try loss(program, lowering)
      let gradients = try loss.gradients()
      let inputs = program.inputs.map { ScalarLoss.Part.input($0) }
      let stages = program.stages.map { stage in
        let names = Set(program.steps[stage].map(\.name))
        return loss.parts.filter { part in
          switch part {
          case .input: false
          case .weight(let name), .bias(let name): names.contains(name)
          }
        }
      }
      var generator = SeededGenerator(seed: 8)
      for parts in [inputs] + stages where !parts.isEmpty {
        var directions: [ScalarLoss.Part: [Double]] = [:]
        var (expected, size) = (0.0, 0.0)
        for part in parts {
          let gradient = try #require(gradients[part], "\(part)")
          let direction = Numbers.random([gradient.count], using: &generator).values
          directions[part] = direction
          expected += zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
          size += gradient.reduce(0) { $0 + $1 * $1 }
        }
        let found = try loss.derivative(along: directions)
        let error = abs(found - expected) / max(size.squareRoot(), 1e-9)
        #expect(error < 1e-6, "\(graph.name) \(parts[0]): \(error)")
      }
    }
  }

  @Test(arguments: Lowering.allCases)
  func `gradients are the same numbers if stages are computed again`(lowering: Lowering) throws {
    for graph in tiny.network.graphs {
      var loss = try loss(lowering.program(of: graph), lowering)
      let expected = try (loss.value(), loss.gradients())
      loss.checkpoints = .stages
      let found = try (loss.value(), loss.gradients())
      #expect(found.0 == expected.0)
      #expect(found.1 == expected.1)
      #expect(Set(found.1.keys) == Set(loss.parts))
    }
  }

  @Test(arguments: [Lowering.deployed, .frozen])
  func `in binary32 a program computes what the reference backend does`(
    lowering: Lowering
  ) throws {
    for graph in tiny.network.graphs {
      let program = lowering.program(of: graph)
      let inputs = tiny.network.randomInputs(of: program, rows: 2, columns: 3)
      let bound = try BoundProgram(program, precision: .float32, weights: tiny.weights)
      let expected = try ReferenceBackend(threads: 2).compile(bound).run(inputs)
      let network = try DifferentiableProgram(
        program, numbers: try tiny.numbers(of: program),
        normalizations: try tiny.normalizations(of: program), kernels: PlainKernels<Float>())
      let outputs = try network.run(inputs.mapValues { Numbers($0) }).outputs
      #expect(Set(outputs.keys) == Set(expected.keys))
      for (name, output) in outputs {
        let error = output.floats.relativeError(to: try #require(expected[name]))
        #expect(error < 1e-5, "\(graph.name) \(name): \(error)")
      }
    }
  }

  @Test func `an input that is missing, and one that does not fit, are refused`() throws {
    let program = Program(deploying: tiny.network.query)
    let network = try DifferentiableProgram(
      program, numbers: try tiny.numbers(of: program), kernels: PlainKernels<Float>())
    #expect(throws: ExecutionError.missingInput(program: "query", input: "frame")) {
      _ = try network.run([:])
    }
    #expect(
      throws: ExecutionError.shape(
        step: "Encoder_Q.relu", expected: "[N, 3, H, W]", found: [1, 2, 16, 16])
    ) {
      _ = try network.run(["frame": Numbers(zeros: [1, 2, 16, 16])])
    }
  }
}
