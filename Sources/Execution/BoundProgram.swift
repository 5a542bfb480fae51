public import Networks
public import Quantization
public import Tensors

/// A program with everything that decides its results: parameters, storage types and how much of
/// the memory is read.
public struct BoundProgram: Sendable {
  /// What a step computes with.
  public enum Parameters: Sendable {
    /// Binary32 arithmetic.
    case float(StepParameters)
    /// Integer arithmetic.
    case integer(IntegerConvolution)
  }

  /// The steps.
  public let program: Program
  /// The precision of each step, which the storage types follow from.
  public let plan: PrecisionPlan
  /// How each value that is not binary32 is held, by name; inputs included.
  public let storage: [String: Storage]
  /// How many entries of the memory a query position reads: the softmax runs over those whose
  /// similarity is at least the `topK`-th largest, ties included, and the others weigh 0 (Cheng,
  /// Tai, Tang, *Modular Interactive Video Object Segmentation*, CVPR 2021). At least 1; nil: all
  /// entries, as published for this network.
  public let topK: Int?

  private let parameters: [String: Parameters]
  private let quantizations: [String: AffineQuantization]

  /// Binds `program` to the tensors of `weights`, which are canonical names of a model in
  /// `precision`; memory reads are limited to ``topK``.
  ///
  /// Throws `ParameterError`, `QuantizationError` or what reading a tensor throws.
  public init(
    _ program: Program, precision: Precision, weights: TensorArchive, topK: Int? = nil
  ) throws {
    try self.init(program, plan: PrecisionPlan(precision), weights: weights, topK: topK)
  }

  /// Binds `program` to the tensors of `weights`: those of an int8 model for the steps that `plan`
  /// runs in int8, floating-point ones for the others; memory reads are limited to ``topK``. Of the
  /// program's inputs `plan` may name memories alone, in int8.
  ///
  /// Throws `ParameterError`, `QuantizationError` or what reading a tensor throws.
  public init(
    _ program: Program, plan: PrecisionPlan, weights: TensorArchive, topK: Int? = nil
  ) throws {
    precondition(topK.map { $0 >= 1 } ?? true, "topK \(topK ?? 0)")
    for input in program.inputs {
      guard let precision = plan.exceptions[input] else { continue }
      precondition(
        precision == .int8 && program.memories.contains(input), "\(precision) for '\(input)'")
    }
    self.program = program
    self.plan = plan
    self.topK = topK
    let reader = QuantizationReader(weights)
    let integers = program.integerValues(in: plan)
    let wide = Self.wideStorage(of: program, plan)
    var quantizations: [String: AffineQuantization] = [:]
    for step in program.steps where step.convolution != nil && plan[step] == .int8 {
      let read = integers.contains(step.name) ? step.inputs : [step.inputs[0]]
      for value in read where quantizations[value] == nil {
        quantizations[value] = try reader.quantization(of: value, in: program, plan)
      }
    }
    for value in program.inputs + program.steps.map(\.name)
    where integers.contains(value) && quantizations[value] == nil {
      quantizations[value] = try reader.quantization(of: value, in: program, plan)
    }
    let storage = wide.merging(
      integers.compactMap { value in quantizations[value].map { (value, .quantized($0)) } }
    ) { $1 }
    self.storage = storage
    self.quantizations = quantizations
    let bound = try program.steps.map { step -> (String, Parameters) in
      guard plan[step] == .int8, let geometry = step.convolution else {
        return (step.name, .float(try StepParameters(of: step, in: weights)))
      }
      guard let input = quantizations[step.inputs[0]] else {
        preconditionFailure("'\(step.name)' reads a value without a quantization")
      }
      let output: AffineQuantization? =
        if case .quantized(let held)? = storage[step.name] { held } else { nil }
      return (
        step.name,
        .integer(
          try reader.convolution(
            step, geometry: geometry, input: input,
            residual: step.addsResidual && output != nil ? quantizations[step.inputs[1]] : nil,
            output: output))
      )
    }
    parameters = Dictionary(uniqueKeysWithValues: bound)
  }

  /// What `step` computes with.
  public func parameters(of step: Step) -> Parameters {
    guard let parameters = parameters[step.name] else {
      preconditionFailure("step '\(step.name)' is not of this program")
    }
    return parameters
  }

  /// The precision that `step` runs in: int8 where it computes on integers or makes integers from
  /// integers, bfloat16 where it reads a memory of such numbers, binary16 and bfloat16 where its
  /// result is rounded to them, else binary32.
  public func arithmetic(of step: Step) -> Precision {
    if case .integer = parameters(of: step) { return .int8 }
    if step.operation == .memoryRead, operandStorage(of: step, 0) == .bfloat16 { return .bfloat16 }
    switch storage(of: step.name) {
    case .float32: return plan[step] == .bfloat16 && step.convolution != nil ? .bfloat16 : .float32
    case .float16: return .float16
    case .bfloat16: return .bfloat16
    case .quantized: return .int8
    }
  }

  /// How the value `name` is held.
  public func storage(of name: String) -> Storage { storage[name] ?? .float32 }

  /// How `step` reads its input `index`. Where this is not how the value is held, the value is
  /// converted for this step: a seam between precisions.
  public func operandStorage(of step: Step, _ index: Int) -> Storage {
    let value = step.inputs[index]
    let held = storage(of: value)
    switch (step.operation, plan[step]) {
    case (.convolution, .int8):
      guard index == 0 || storage(of: step.name).isQuantized else { return .float32 }
      return quantizations[value].map(Storage.quantized) ?? held
    case (.convolution, .bfloat16), (.memoryRead, .bfloat16), (.memoryRead, .int8):
      return .bfloat16
    case (.convolution, .float16), (.memoryRead, .float16): return .float16
    case (.convolution, .float32), (.memoryRead, .float32): return .float32
    default: return held
    }
  }

  private static func wideStorage(
    of program: Program, _ plan: PrecisionPlan
  ) -> [String: Storage] {
    var storage: [String: Storage] = [:]
    if plan.standard == .float16 {
      for input in program.inputs { storage[input] = .float16 }
    }
    for step in program.steps where plan[step] == .float16 { storage[step.name] = .float16 }
    for value in program.bfloat16Values(in: plan) { storage[value] = .bfloat16 }
    return storage
  }
}
