import Execution
public import Networks

/// A program that can be run forwards and, with the gradient of a loss by its outputs, backwards
/// (reverse-mode differentiation; Griewank and Walther, *Evaluating Derivatives*, 2008).
///
/// Any program will do: the `layers` program with its batch norms, or the deployed one, whose
/// kernels have them folded in.
public struct DifferentiableProgram<Kernels: DifferentiableKernels> {
  /// The numbers that are computed with.
  public typealias Scalar = Kernels.Scalar
  /// A value as the kernels hold it.
  public typealias Value = Kernels.Value

  /// Where batch norms that are steps of their own have their moments from.
  public enum BatchNorms: Sendable {
    /// They are folded into a scale and a shift.
    case frozen
    /// From the batch itself (Ioffe and Szegedy, *Batch Normalization*, ICML 2015).
    case batch
  }

  /// What is kept of a forward run.
  public enum Checkpoints: Sendable {
    /// All values: nothing is computed again.
    case none
    /// What lies between stages (`Program.stages`); the inside of a stage is computed
    /// again when its gradient is asked for (Chen et al., *Training Deep Nets with Sublinear Memory
    /// Cost*, 2016).
    case stages
  }

  /// The steps.
  public let program: Program
  /// The operators.
  public let kernels: Kernels
  /// What is kept of a forward run.
  public let checkpoints: Checkpoints
  /// What values are rounded to.
  public let rounding: ProgramRounding<Scalar>

  let batchNorms: BatchNorms
  let constants: [String: ImageNormalization]
  let stages: [Range<Int>]
  /// The numbers of each step, by its name.
  let numbers: [String: StepNumbers<Scalar>]
  let packed: [String: Kernels.Kernel]

  /// `program` with the `numbers` of its steps, by their names; `normalizations` are those of steps
  /// that normalize images by themselves.
  ///
  /// Throws what packing kernels throws.
  public init(
    _ program: Program, numbers: [String: StepNumbers<Scalar>],
    normalizations: [String: ImageNormalization] = [:], kernels: Kernels,
    checkpoints: Checkpoints = .none, batchNorms: BatchNorms = .frozen,
    rounding: ProgramRounding<Scalar> = ProgramRounding()
  ) throws {
    self.program = program
    self.kernels = kernels
    self.checkpoints = checkpoints
    self.batchNorms = batchNorms
    self.rounding = rounding
    self.numbers = numbers
    constants = normalizations
    stages = checkpoints == .stages ? program.stages : [program.steps.indices]
    packed = try Dictionary(
      uniqueKeysWithValues: program.steps.compactMap { step in
        guard let geometry = step.convolution, let numbers = numbers[step.name] else { return nil }
        return (
          step.name,
          try kernels.kernel(weight: numbers.weight, bias: numbers.bias, geometry)
        )
      })
  }

  /// Runs every step on `inputs`, by name; the tape remembers what ``gradients(of:by:inputs:)``
  /// needs.
  ///
  /// Throws `ExecutionError` for inputs that do not fit, or what the kernels throw.
  public func run(_ inputs: [String: Value]) throws -> Tape<Kernels> {
    var values: [String: Value] = try program.inputs.reduce(into: [:]) { values, name in
      guard let input = inputs[name] else {
        throw ExecutionError.missingInput(program: program.name, input: name)
      }
      values[name] = input
    }
    var tape = Tape<Kernels>(values: [:])
    for name in program.inputs {
      guard let rounding = rounding.held[name], let value = values[name] else { continue }
      tape.unrounded[name] = value
      values[name] = try kernels.quantized(value, rounding)
    }
    tape.values = values
    for stage in stages {
      var inside = tape
      try run(stage, &inside)
      switch checkpoints {
      case .none: tape = inside
      case .stages:
        for name in crossing(stage) { tape.values[name] = inside.values[name] }
        tape.moments = inside.moments
      }
    }
    tape.outputs = Dictionary(
      uniqueKeysWithValues: program.outputs.compactMap { output in
        tape.values[output.value].map { (output.name, $0) }
      })
    return tape
  }

  /// The values made in `stage` that something behind it reads.
  private func crossing(_ stage: Range<Int>) -> [String] {
    let read = Set(program.steps[stage.upperBound...].flatMap(\.inputs))
      .union(program.outputs.map(\.value))
    return program.steps[stage].map(\.name).filter(read.contains)
  }

  /// Runs the steps of `stage` on what `tape` has of their inputs.
  func run(_ stage: Range<Int>, _ tape: inout Tape<Kernels>) throws {
    for step in program.steps[stage] {
      let inputs = try step.inputs.indices.map { try operand($0, of: step, tape) }
      _ = try step.outputShape(for: inputs.map(kernels.shape))
      var result = try evaluate(step, inputs, &tape)
      if let rounding = rounding.held[step.name] {
        tape.unrounded[step.name] = result
        result = try kernels.quantized(result, rounding)
      }
      tape.values[step.name] = result
    }
  }

  /// Operand `index` of `step` as it reads it.
  func operand(_ index: Int, of step: Step, _ tape: Tape<Kernels>) throws -> Value {
    let value = tape.value(step.inputs[index])
    guard let rounding = rounding.operands[step.name]?[index] else { return value }
    return try kernels.quantized(value, rounding)
  }

  private func evaluate(
    _ step: Step, _ inputs: [Value], _ tape: inout Tape<Kernels>
  ) throws -> Value {
    let residual = step.addsResidual ? inputs[1] : nil
    switch step.operation {
    case .convolution:
      return try kernels.convolution(
        try normalized(inputs[0], by: step), kernel(of: step), residual: residual,
        appliesReLU: step.appliesReLU)
    case .normalize:
      return try kernels.normalized(inputs[0], normalization(of: step))
    case .batchNormalization(let normalization):
      let numbers = numbers(of: step)
      guard batchNorms == .batch else {
        return try kernels.scaleAndShift(
          inputs[0], scale: numbers.weight.values, shift: numbers.bias ?? [])
      }
      let (result, moments) = try kernels.batchNormalization(
        inputs[0], scale: numbers.weight.values, shift: numbers.bias ?? [],
        epsilon: normalization.epsilon)
      tape.moments[step.name] = moments
      return result
    case .relu: return try kernels.relu(inputs[0])
    case .maxPool(let pool): return try kernels.maxPool(inputs[0], pool)
    case .add: return try kernels.sum(inputs)
    case .upsample(let factor):
      return try kernels.upsample(inputs[0], by: factor, residual: residual)
    case .concatenate: return try kernels.concatenate(inputs)
    case .memoryRead:
      return try kernels.memoryRead(keys: inputs[0], values: inputs[1], query: inputs[2])
    }
  }

  /// `x` as the convolution of `step` reads it: normalized and rounded, where it is an image.
  func normalized(_ x: Value, by step: Step) throws -> Value {
    guard let normalization = numbers(of: step).normalization else { return x }
    let result = try kernels.normalized(x, normalization)
    return try rounding.normalized[step.name].map { try kernels.quantized(result, $0) } ?? result
  }

  func numbers(of step: Step) -> StepNumbers<Scalar> {
    guard let numbers = numbers[step.name] else {
      preconditionFailure("no numbers for step '\(step.name)'")
    }
    return numbers
  }

  func normalization(of step: Step) -> ImageNormalization {
    guard let normalization = constants[step.name] else {
      preconditionFailure("no normalization for step '\(step.name)'")
    }
    return normalization
  }

  func kernel(of step: Step) -> Kernels.Kernel {
    guard let kernel = packed[step.name] else {
      preconditionFailure("no kernel for step '\(step.name)'")
    }
    return kernel
  }
}

extension DifferentiableKernels {
  /// `(x - mean) / deviation` by channel.
  func normalized(_ x: Value, _ normalization: ImageNormalization) throws -> Value {
    let scale = normalization.deviation.map { 1 / Scalar($0) }
    return try scaleAndShift(
      x, scale: scale, shift: zip(normalization.mean, scale).map { -Scalar($0) * $1 })
  }
}
