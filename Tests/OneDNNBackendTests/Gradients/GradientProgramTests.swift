import Differentiation
import Networks
import OneDNNBackend
import STMModel
import Tensors
import TestSupport
import Testing

/// Whole programs of a small network, forwards and backwards.
@Suite struct GradientProgramTests {
  /// How a graph is lowered to a program.
  enum Lowering: CaseIterable {
    case deployed
    case frozen
    case batch

    func program(of graph: Graph<LayerOperation>) -> Program {
      self == .deployed ? Program(deploying: graph) : Program(layersOf: graph)
    }
  }

  private let network = STMNetwork(
    STMConfiguration(
      trunkWidth: 4, blocks: [1, 1, 1], keyChannels: 5, valueChannels: 6, decoderChannels: 8))

  @Test(arguments: Lowering.allCases)
  func `the gradients of all programs agree with the plain loops`(_ lowering: Lowering) throws {
    for graph in network.graphs {
      let program = lowering.program(of: graph)
      let expected = try gradients(of: program, lowering, on: PlainKernels<Double>())
      let found = try gradients(of: program, lowering, on: OneDNNGradientKernels(threads: 1))
      #expect(Set(found.keys) == Set(expected.keys))
      let largest = expected.values.flatMap(\.values).map(abs).max() ?? 0
      for (name, tensor) in expected {
        let result = try #require(found[name])
        #expect(result.shape == tensor.shape, "\(name)")
        // Some gradients are zero but for noise, such as that by the bias of all of a memory's keys.
        let difference = zip(result.values, tensor.values).map { abs($0 - $1) }.max() ?? 0
        let own = tensor.values.map(abs).max() ?? 0
        #expect(difference < 2e-4 * own + 1e-6 * largest, "\(name): \(difference) of \(own)")
      }
    }
  }

  @Test func `neither threads nor checkpoints nor a second run change a bit`() throws {
    for graph in network.graphs {
      let program = Program(deploying: graph)
      let kernels = try OneDNNGradientKernels(threads: 2)
      let one = try gradients(
        of: program, .deployed, on: OneDNNGradientKernels(threads: 1), checkpoints: .none)
      for _ in 0..<2 {
        let many = try gradients(of: program, .deployed, on: kernels, checkpoints: .stages)
        for (name, tensor) in one { #expect(many[name]?.bits == tensor.bits, "\(name)") }
      }
    }
  }

  /// The outputs of `program`, and the gradients of their products with random numbers by all inputs
  /// and parameters.
  private func gradients<Kernels: DifferentiableKernels>(
    of program: Program, _ lowering: Lowering, on kernels: Kernels,
    checkpoints: DifferentiableProgram<Kernels>.Checkpoints = .none
  ) throws -> [String: FloatTensor] {
    let weights = try TensorArchive.random(network.parameters, seed: 4)
    var numbers: [String: StepNumbers<Kernels.Scalar>] = [:]
    var normalizations: [String: ImageNormalization] = [:]
    for step in program.steps {
      let parameters = try StepParameters(of: step, in: weights)
      if case .normalization(let mean, let deviation) = parameters {
        normalizations[step.name] = ImageNormalization(mean: mean, deviation: deviation)
      }
      numbers[step.name] = StepNumbers(parameters)
    }
    let differentiable = try DifferentiableProgram(
      program, numbers: numbers, normalizations: normalizations, kernels: kernels,
      checkpoints: checkpoints, batchNorms: lowering == .batch ? .batch : .frozen)
    var generator = SeededGenerator(seed: 9)
    func random(_ shape: Shape, in range: ClosedRange<Float>) throws -> Kernels.Value {
      try kernels.load(Numbers(.random(shape, in: range, using: &generator)))
    }
    var inputs: [String: Kernels.Value] = [:]
    for name in program.inputs {
      let isImage = ["frame", "mask", "others"].contains(name)
      inputs[name] = try random(shape(of: name), in: isImage ? 0...1 : -1...1)
    }
    let tape = try differentiable.run(inputs)
    var results: [String: FloatTensor] = [:]
    var incoming: [String: Kernels.Value] = [:]
    for (name, value) in tape.outputs.sorted(by: { $0.key < $1.key }) {
      results["output \(name)"] = try kernels.numbers(of: value).floats
      incoming[name] = try random(kernels.shape(of: value), in: -1...1)
    }
    let found = try differentiable.gradients(
      of: tape, by: incoming, inputs: Set(program.inputs))
    for (name, value) in found.inputs {
      results["input \(name)"] = try kernels.numbers(of: value).floats
    }
    for (name, step) in found.steps {
      results["weight \(name)"] = step.weight.floats
      if let bias = step.bias {
        results["bias \(name)"] = Numbers(shape: [bias.count], values: bias).floats
      }
    }
    return results
  }

  /// The shape of an input for frames of 32 x 16 pixels, two objects and two frames in memory.
  private func shape(of input: String) -> Shape {
    let c = network.configuration
    return switch input {
    case "frame": [1, 3, 32, 16]
    case "mask", "others": [2, 1, 32, 16]
    case "memory_keys": [2, c.keyChannels, 2, 2, 1]
    case "memory_values": [2, c.valueChannels, 2, 2, 1]
    case "key": [1, c.keyChannels, 2, 1]
    case "value": [1, c.valueChannels, 2, 1]
    case "r3": [1, 8 * c.trunkWidth, 4, 2]
    default: [1, 4 * c.trunkWidth, 8, 4]
    }
  }
}
