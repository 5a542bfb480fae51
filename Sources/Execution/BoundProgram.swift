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
  /// How values are held and read.
  public let storage: ProgramStorage
  /// How many entries of the memory a query position reads: the softmax runs over those whose
  /// similarity is at least the `topK`-th largest, ties included, and the others weigh 0 (Cheng,
  /// Tai, Tang, *Modular Interactive Video Object Segmentation*, CVPR 2021). At least 1; nil: all
  /// entries, as published for this network.
  public let topK: Int?

  /// What each channel of a value was divided by, by name, where quantization scaled channels
  /// (`Equalization`). Taps see values multiplied by it: in the network's units.
  public let factors: [String: [Float]]

  private var parameters: [String: Parameters]
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

  /// Binds `program` to the tensors of `weights`, which each step finds as the precision that `plan`
  /// gives it has them in a model file; memory reads are limited to ``topK``. Of the program's
  /// inputs `plan` may name memories alone. Where `alone` names a step, nothing but what that step
  /// needs is read, and no other can be run.
  ///
  /// Throws `ParameterError`, `QuantizationError` or what reading a tensor throws.
  public init(
    _ program: Program, plan: PrecisionPlan, weights: TensorArchive, topK: Int? = nil,
    alone: String? = nil
  ) throws {
    precondition(topK.map { $0 >= 1 } ?? true, "topK \(topK ?? 0)")
    for input in program.inputs {
      guard let precision = plan.memories[input] else { continue }
      precondition(
        precision != .w8 && program.memories.contains(input), "\(precision) for '\(input)'")
    }
    self.program = program
    self.plan = plan
    self.topK = topK
    let reader = QuantizationReader(weights)
    let steps = program.steps.filter { alone == nil || $0.name == alone }
    let touched = Set(steps.flatMap { $0.inputs + [$0.name] })
    let values = (program.inputs + program.steps.map(\.name)).filter {
      alone == nil || touched.contains($0)
    }
    var quantizations: [String: AffineQuantization] = [:]
    for value in values.filter(program.quantizedValues(in: plan).contains) {
      quantizations[value] = try reader.quantization(of: value, in: program, plan)
    }
    self.quantizations = quantizations
    factors = try Dictionary(
      uniqueKeysWithValues: values.compactMap { value in
        try reader.factors(of: program.factorOwner(of: value)).map { (value, $0) }
      })
    storage = ProgramStorage(
      program, plan, quantizations: quantizations, touching: alone == nil ? nil : touched)
    parameters = [:]
    for step in steps {
      parameters[step.name] = try boundParameters(of: step, in: weights, reader)
    }
  }

  private func boundParameters(
    of step: Step, in weights: TensorArchive, _ reader: QuantizationReader
  ) throws -> Parameters {
    guard let geometry = step.convolution, plan[step].hasIntegerWeights else {
      return .float(try StepParameters(of: step, in: weights))
    }
    if plan[step] == .w8 { return .float(try reader.dequantized(step, geometry: geometry)) }
    guard let input = quantizations[step.inputs[0]] else {
      preconditionFailure("'\(step.name)' reads a value without a quantization")
    }
    let output: AffineQuantization? =
      if case .quantized(let held) = storage(of: step.name) { held } else { nil }
    return .integer(
      try reader.convolution(
        step, geometry: geometry, input: input,
        residual: step.addsResidual && output != nil ? quantizations[step.inputs[1]] : nil,
        output: output))
  }

  /// The same program in which the convolutions of `layers` that are in int8 multiply the binary32
  /// numbers of `weights` by what they read, held and rounded as it is: it tells what 8-bit operands
  /// alone cost.
  ///
  /// Throws `ParameterError` or what reading a tensor throws.
  public func withFloatKernels(
    of layers: Set<String>, from weights: TensorArchive
  ) throws -> BoundProgram {
    var bound = self
    for step in program.steps where step.convolution != nil && layers.contains(step.layer) {
      bound.parameters[step.name] = .float(try StepParameters(of: step, in: weights))
    }
    return bound
  }

  /// Whether any step computes on integers.
  public var hasIntegerSteps: Bool {
    parameters.values.contains { if case .integer = $0 { true } else { false } }
  }

  /// What `step` computes with.
  public func parameters(of step: Step) -> Parameters {
    guard let parameters = parameters[step.name] else {
      preconditionFailure("step '\(step.name)' is not of this program")
    }
    return parameters
  }

  /// The precision that `step` runs in. A convolution's is that of its plan. Another step's is
  /// bfloat16 where it reads a memory of such numbers, int8 where it makes integers, binary16 and
  /// bfloat16 where its result is rounded to them, else binary32.
  public func arithmetic(of step: Step) -> Precision {
    if step.convolution != nil { return plan[step] }
    if step.operation == .memoryRead, operandStorage(of: step, 0) == .bfloat16 { return .bfloat16 }
    switch storage(of: step.name) {
    case .float32: return .float32
    case .float16: return .float16
    case .bfloat16: return .bfloat16
    case .quantized: return .int8
    }
  }

  /// How the value `name` is held.
  public func storage(of name: String) -> Storage { storage.storage(of: name) }

  /// How `step` reads its input `index` (``ProgramStorage/operandStorage(of:_:)``).
  public func operandStorage(of step: Step, _ index: Int) -> Storage {
    storage.operandStorage(of: step, index)
  }

  /// What `step`, which reads images, rounds them to once they are normalized
  /// (``ProgramStorage/normalizedStorage(of:)``).
  public func normalizedStorage(of step: Step) -> Storage { storage.normalizedStorage(of: step) }
}
