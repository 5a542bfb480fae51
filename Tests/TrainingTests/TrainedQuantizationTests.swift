import Execution
import Foundation
import Models
import Networks
import Quantization
import STMModel
import Safetensors
import Tensors
import TestSupport
import Testing

@testable import Differentiation
@testable import Training

/// Training for a plan against the model that the plan makes.
@Suite struct TrainedQuantizationTests {
  private let network: QuantizedNetwork

  init() throws { network = try QuantizedNetwork() }

  @Test(arguments: QuantizedNetwork.plans)
  func `every step computes what the deployed model's does, to a rare step of rounding`(
    plan: PrecisionPlan
  ) throws {
    let training = try network.training(plan)
    var (elements, different) = (0, 0)
    for program in network.programs {
      let bound = try network.deployed(program, training)
      let compiled = ReferenceBackend(threads: 2).compile(bound)
      let inputs = network.model.network.randomInputs(of: program, rows: 2, columns: 2)
      let tape = try network.differentiable(program, training).run(
        inputs.mapValues { Numbers($0) })
      for step in program.steps {
        let found = tape.value(step.name).floats
        let expected = try compiled.run(
          step: step.name, inputs: step.inputs.map { tape.value($0).floats })
        #expect(found.shape == expected.shape)
        let storage = bound.storage(of: step.name)
        let largest = expected.values.map(abs).max() ?? 0
        for (one, other) in zip(found.values, expected.values) where one != other {
          let difference = abs(one - other)
          switch storage {
          case .float32:
            #expect(difference <= 1e-5 * largest, "\(program.name) \(step.name): \(difference)")
            continue
          case .float16: #expect(difference <= 0x1p-10 * abs(other) + 0x1p-24, "\(step.name)")
          case .bfloat16: #expect(difference <= 0x1p-7 * abs(other), "\(step.name)")
          case .quantized(let held):
            #expect(difference <= 1.001 * held.scale, "\(program.name) \(step.name)")
          }
          different += 1
        }
        if storage != .float32 { elements += found.values.count }
      }
    }
    #expect(plan == PrecisionPlan(.w8) || elements > 5000)
    #expect(different * 5000 <= elements, "\(different) of \(elements) elements")
  }

  @Test(arguments: QuantizedNetwork.plans)
  func `whole programs compute what the deployed model's do`(plan: PrecisionPlan) throws {
    let training = try network.training(plan, change: 0.1)
    for program in network.programs {
      let inputs = network.model.network.randomInputs(of: program, rows: 2, columns: 2)
      func outputs(_ bound: BoundProgram) throws -> [String: FloatTensor] {
        try ReferenceBackend(threads: 2).compile(bound).run(inputs)
      }
      let expected = try outputs(network.deployed(program, training))
      let unrounded = try outputs(
        BoundProgram(program, precision: .float32, weights: network.model.weights))
      let found = try network.differentiable(program, training).run(
        inputs.mapValues { Numbers($0) }
      ).outputs
      for (name, expected) in expected {
        let error = try #require(found[name]).floats.relativeError(to: expected)
        let change = try #require(unrounded[name]).relativeError(to: expected)
        #expect(error < 0.02 * change, "\(program.name) \(name): \(error), \(change)")
      }
    }
  }

  @Test(arguments: QuantizedNetwork.plans)
  func `quantization by the learned ranges holds every value as training did`(
    plan: PrecisionPlan
  ) throws {
    let training = try network.training(plan)
    let calibrated = try network.training(plan, change: 0)
    try ScratchFolder.with { folder in
      let text = try training.statistics(of: network.model.fingerprint).json
      let file = try folder.write(Array(text.utf8), to: "statistics.json")
      let read = try CalibrationStatistics(path: file)
      for program in network.programs {
        let expected = try training.quantizations(in: program)
        for (value, quantization) in expected {
          #expect(try read.quantization(of: value, in: program) == quantization, "\(value)")
        }
        let bound = try network.deployed(program, training)
        let rounding: ProgramRounding<Float> = try training.rounding(of: program)
        for value in program.inputs + program.steps.map(\.name) {
          let held = FakeQuantization<Float>(bound.storage(of: value))
          #expect(rounding.held[value]?.target == held?.target, "\(value)")
        }
        let before = try calibrated.quantizations(in: program)
        #expect(before.mapValues(\.zeroPoint) == expected.mapValues(\.zeroPoint))
        for (value, quantization) in before {
          let first = try network.statistics.quantization(of: value, in: program)
          #expect(abs(quantization.scale - first.scale) <= first.scale.ulp, "\(value)")
        }
      }
    }
    #expect(training.logarithms.isEmpty == !plan.hasIntegerLayers)
  }

  @Test func `values that share a quantization share its scale, and images have none`() throws {
    let training = try network.training(PrecisionPlan(.int8))
    let query = network.programs[1]
    let rounding: ProgramRounding<Float> = try training.rounding(of: query)
    #expect(rounding.held["Encoder_Q.maxpool"]?.scaleName == "query/Encoder_Q.relu")
    #expect(rounding.held["frame"] != nil)
    #expect(rounding.held["frame"]?.scaleName == nil)
    let decode: ProgramRounding<Float> = try training.rounding(of: network.programs[2])
    let rectified = try #require(decode.held["Decoder.RF3.ResFS.relu1"])
    #expect(rectified.scaleName == "decode/Decoder.RF3.convFS")
    let names = decode.held.values.compactMap(\.scaleName)
    #expect(names.allSatisfy { training.logarithms[$0] != nil })
  }

  @Test func `the gradient by a logarithm is that by its scale times the scale`() throws {
    let training = try network.training(PrecisionPlan(.int8))
    let name = "query/Encoder_Q.relu"
    let scale = try #require(training.quantizations(in: network.programs[1])["Encoder_Q.relu"])
    let gradients = try training.gradients(byScales: [name: 3])
    #expect(abs(try #require(gradients[name]) - 3 * scale.scale) < 1e-6)
    #expect(Set(gradients.keys) == Set(training.logarithms.keys))
    #expect(gradients.filter { $0.value != 0 }.count == 1)
  }

  @Test func `an integer kernel of images has PyTorch's gradients`() throws {
    let folder = try #require(Bundle.module.resourceURL)
    let file = try SafetensorsFile.read(
      folder.appending(path: "Fixtures/quantized_image.safetensors").path)
    var b = GraphBuilder("g", inputs: ["frame", "mask"])
    let normalized = b.layer("normalize", .normalize(module: "m", channels: 2), "frame")
    let first = b.layer("first", .stem(2), normalized)
    let program = Program(
      deploying: b.finish(["y": b.layer("add", .add, first, b.layer("second", .stem(1), "mask"))]))
    let training = try TrainedQuantization(
      [program], plan: PrecisionPlan(.int8), statistics: CalibrationStatistics())
    let numbers = [
      "add": StepNumbers<Float>(
        weight: Numbers(try file.floats("weight")), bias: try file.floats("bias").values,
        normalization: ImageNormalization(
          mean: [0.485, 0.456, 0], deviation: [0.229, 0.224, 1]))
    ]
    let network = try DifferentiableProgram(
      program, numbers: training.quantized(numbers, of: program), kernels: PlainKernels<Float>(),
      rounding: training.rounding(of: program))
    let tape = try network.run([
      "frame": Numbers(try file.floats("frame")), "mask": Numbers(try file.floats("mask")),
    ])
    #expect(tape.output("y").floats.relativeError(to: try file.floats("y")) < 1e-6)
    let gradients = try network.gradients(
      of: tape, by: ["y": Numbers(try file.floats("c"))], inputs: ["frame", "mask"])
    for name in ["frame", "mask"] {
      let found = try #require(gradients.inputs[name]).floats
      #expect(found.relativeError(to: try file.floats("d/\(name)")) < 1e-5, "\(name)")
    }
    let steps = try training.gradients(from: gradients.steps, by: numbers, of: program)
    let step = try #require(steps["add"])
    #expect(step.weight.floats.relativeError(to: try file.floats("d/weight")) < 1e-5)
    let bias = FloatTensor(shape: [3], values: try #require(step.bias))
    #expect(bias.relativeError(to: try file.floats("d/bias")) < 1e-5)
  }

  @Test func `what cannot be trained for a plan is refused`() throws {
    let int8 = PrecisionPlan(.int8)
    #expect(throws: QuantizationError.self) {
      _ = try TrainedQuantization(
        network.programs, plan: int8, statistics: CalibrationStatistics())
    }
    var training = try network.training(int8)
    training.logarithms["query/Encoder_Q.relu"] = .nan
    #expect(throws: TrainingError.self) { _ = try training.statistics(of: "") }
    let query = network.programs[1]
    var numbers = try network.numbers(of: query)
    numbers["Encoder_Q.relu"]?.weight.values[5] = 1e5
    let half = try network.training(PrecisionPlan(.float16))
    #expect(
      throws: QuantizationError.overflow(
        tensor: "Encoder_Q.conv1.weight", source: "memory", precision: .float16, value: 1e5)
    ) { _ = try half.quantized(numbers, of: query) }
  }
}

extension LayerOperation {
  /// 3x3, stride 2, three outputs, without bias.
  fileprivate static func stem(_ channels: Int) -> Self {
    .convolution(Convolution(channels, 3, kernel: 3, stride: 2, hasBias: false))
  }
}
