import Differentiation
import Execution
import Models
import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing
import Training

/// A tiny network, what its values are over random inputs, and plans that training is held against.
struct QuantizedNetwork {
  /// All integers; some layers, and the first of one encoder, in binary16; bfloat16, binary32 and
  /// memories of both kinds; and integer kernels alone.
  static let plans = [
    PrecisionPlan(.int8),
    PrecisionPlan(
      .int8,
      exceptions: [
        "Encoder_M.conv1": .float16, "Encoder_Q.res3.0.conv2": .float16, "KV_Q_r4.Key": .float16,
        "Decoder.RF3.ResMM.conv1": .float16, "Decoder.pred2": .float16, "Memory.read": .float16,
      ]),
    PrecisionPlan(
      .int8,
      exceptions: [
        "Encoder_Q.conv1": .bfloat16, "Encoder_Q.res2.0.conv1": .bfloat16,
        "Decoder.RF3.convFS": .float32, "Decoder.convFM": .bfloat16,
      ], memories: ["memory_keys": .int8, "memory_values": .bfloat16]),
    PrecisionPlan(.w8),
  ]

  let model: Model
  let programs: [Program]
  let statistics: CalibrationStatistics

  init() throws {
    let network = STMNetwork(.tiny)
    model = try Model(
      network, precision: .float32, weights: .random(network.parameters, seed: 5), path: "tiny")
    programs = network.deployedPrograms
    var statistics = CalibrationStatistics(model: try model.fingerprint)
    for program in programs {
      let bound = try BoundProgram(program, precision: .float32, weights: model.weights)
      let names = Set(program.inputs + program.steps.map(\.name))
      _ = try ReferenceBackend(threads: 2).compile(bound).run(
        network.randomInputs(of: program, rows: 2, columns: 2),
        taps: Taps(names) { name, value in
          statistics.values[program.name, default: [:]][name] = ValueStatistics(of: value.values)
        })
    }
    self.statistics = statistics
  }

  /// Training for `plan`, after scales changed by up to `change` of their logarithms.
  func training(_ plan: PrecisionPlan, change: Float = 0.3) throws -> TrainedQuantization {
    var training = try TrainedQuantization(programs, plan: plan, statistics: statistics)
    var generator = SeededGenerator(seed: 4)
    for name in training.logarithms.keys.sorted() {
      training.logarithms[name] = Float.random(in: -change...change, using: &generator)
    }
    return training
  }

  /// The numbers of the steps of `program`, in binary32 with batch norms folded in.
  func numbers(of program: Program) throws -> [String: StepNumbers<Float>] {
    var numbers: [String: StepNumbers<Float>] = [:]
    for step in program.steps {
      numbers[step.name] = StepNumbers(try StepParameters(of: step, in: model.weights))
    }
    return numbers
  }

  /// `program` as `training` runs it.
  func differentiable(
    _ program: Program, _ training: TrainedQuantization
  ) throws -> DifferentiableProgram<PlainKernels<Float>> {
    try DifferentiableProgram(
      program, numbers: training.quantized(try numbers(of: program), of: program),
      kernels: PlainKernels(), rounding: training.rounding(of: program))
  }

  /// `program` of the model that quantization by the learned ranges writes.
  func deployed(_ program: Program, _ training: TrainedQuantization) throws -> BoundProgram {
    try BoundProgram(
      program, plan: training.plan,
      weights: model.quantized(
        by: training.plan, statistics: training.statistics(of: model.fingerprint)))
  }
}
