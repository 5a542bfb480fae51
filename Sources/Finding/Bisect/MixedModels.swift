import Execution
public import Models
import Networks
import Quantization
import STMModel
import Tensors

/// Models that are a candidate's but for some parts, which are a binary32 reference's: their weights,
/// and their precision.
public struct MixedModels {
  /// Something that can be kept wide.
  public enum Part: Sendable, Hashable {
    /// A layer with a precision of its own, by the layer whose parameters it uses.
    case layer(String)
    /// What programs are given: images, and what one program hands to another, which plans hold in
    /// their standard precision where that is fp16 or bf16.
    case inputs
  }

  /// The parts in which the candidate differs from the reference, in the order in which they run.
  public let parts: [Part]

  private let reference: Model
  private let candidate: Model
  private let programs: [Program]
  private let wide: [String: TensorArchive.Entry]
  private let narrow: [String: TensorArchive.Entry]

  /// Mixtures of `reference` and `candidate`, which must have the same steps.
  ///
  /// Throws ``FindingError/layout(reference:candidate:layers:)``,
  /// ``FindingError/notWide(path:found:)`` or what reading the weights throws.
  public init(reference: Model, candidate: Model) throws {
    guard reference.plan == PrecisionPlan(.float32) else {
      throw FindingError.notWide(path: reference.path, found: reference.plan.name)
    }
    try ProgramLayout.check(candidate, against: reference)
    self.reference = reference
    self.candidate = candidate
    programs = reference.network.deployedPrograms
    var (wide, narrow): ([String: TensorArchive.Entry], [String: TensorArchive.Entry]) = ([:], [:])
    let isFloat = candidate.plan == PrecisionPlan(.float32)
    for (program, graph) in zip(programs, candidate.network.graphs) {
      let factors = isFloat ? [:] : try candidate.deployed(graph).factors
      for entry in try program.tensors(of: reference.weights, in: PrecisionPlan(.float32)) {
        wide[entry.name] = try entry.scaled(by: factors, in: program)
      }
      guard isFloat else { continue }
      for entry in try program.tensors(of: candidate.weights, in: PrecisionPlan(.float32)) {
        narrow[entry.name] = entry
      }
    }
    if !isFloat {
      for entry in candidate.weights.entries { narrow[entry.name] = entry }
    }
    (self.wide, self.narrow) = (wide, narrow)
    var parts: [Part] = []
    for step in programs.flatMap(\.steps) where step.hasOwnPrecision {
      let precision = candidate.plan[step]
      let isNarrow =
        step.convolution == nil
        ? precision != .float32 && precision != .w8
          || step.operation == .memoryRead && !candidate.plan.memories.isEmpty
        : precision != .float32
      let differs = try step.parameterNames.contains { name in
        guard let one = wide[name], let other = narrow[name] else {
          return (wide[name] == nil) != (narrow[name] == nil)
        }
        return try !one.tensor().isBitIdentical(to: other.tensor())
      }
      if isNarrow || differs { parts.append(.layer(step.layer)) }
    }
    let standard = candidate.plan.standard
    self.parts = parts + (standard == .float16 || standard == .bfloat16 ? [.inputs] : [])
  }

  /// The candidate in which `kept` are the reference's, in binary32.
  ///
  /// Throws what reading the weights throws.
  public func model(keeping kept: Set<Part>) throws -> Model {
    if kept.isEmpty { return candidate }
    let plan = plan(keeping: kept)
    var entries: [TensorArchive.Entry] = []
    for program in programs {
      for step in program.steps {
        let source = kept.contains(.layer(step.layer)) ? wide : narrow
        entries += step.parameterNames.compactMap { source[$0] }
      }
      entries += try scales(of: program, in: plan)
    }
    if plan.hasIntegerLayers {
      entries += candidate.weights.entries.filter { $0.name.hasSuffix(".factor") }
    }
    return try Model(
      candidate.network, plan: plan, weights: try TensorArchive(entries), path: candidate.path)
  }

  /// The candidate's plan with `kept` in binary32.
  func plan(keeping kept: Set<Part>) -> PrecisionPlan {
    let standard = kept.contains(.inputs) ? .float32 : candidate.plan.standard
    var exceptions: [String: Precision] = [:]
    var memories = candidate.plan.memories
    for program in programs {
      for step in program.steps where step.hasOwnPrecision {
        let isKept = kept.contains(.layer(step.layer))
        let precision = isKept ? .float32 : candidate.plan[step]
        if precision != standard { exceptions[step.layer] = precision }
        guard step.operation == .memoryRead else { continue }
        let held = program.heldPrecisions(in: candidate.plan)
        for memory in program.memories where held[memory] != nil {
          if isKept {
            memories[memory] = .float32
          } else if standard != candidate.plan.standard {
            memories[memory] = held[memory]
          }
        }
      }
    }
    return PrecisionPlan(standard, exceptions: exceptions, memories: memories)
  }

  /// How `plan`, narrower nowhere than the candidate's, makes integers of the values of `program`:
  /// as the candidate does, under the names that the plan asks for.
  private func scales(
    of program: Program, in plan: PrecisionPlan
  ) throws -> [TensorArchive.Entry] {
    let reader = QuantizationReader(candidate.weights)
    let quantized = program.quantizedValues(in: plan)
    return try (program.inputs + program.steps.map(\.name)).filter(quantized.contains)
      .flatMap { value -> [TensorArchive.Entry] in
        let held = try reader.quantization(of: value, in: program, candidate.plan)
        return program.quantizationNames(of: value, in: plan).flatMap { name in
          [
            .init(
              name: "\(name).scale", tensor: Tensor(FloatTensor(shape: [], values: [held.scale]))),
            .init(
              name: "\(name).zero_point",
              tensor: Tensor(
                bitPatterns: [UInt8(truncatingIfNeeded: held.zeroPoint)],
                elementType: held.elementType, shape: [])),
          ]
        }
      }
  }
}

extension Step {
  /// The names of all tensors that a model file of any plan may hold for the step alone.
  fileprivate var parameterNames: [String] {
    guard convolution != nil else { return operation.parameters(of: layer).map(\.name) }
    return parts.compactMap(\.normalization).flatMap(\.parameters).map(\.name)
      + layers.flatMap { ["\($0).weight", "\($0).weight.scale"] } + ["\(layer).bias"]
  }
}

extension TensorArchive.Entry {
  /// The tensor of a folded binary32 convolution of `program` for values whose channels were divided
  /// by `factors`; any other as it is. Throws what reading it throws.
  fileprivate func scaled(by factors: [String: [Float]], in program: Program) throws -> Self {
    let steps = program.steps.filter { $0.convolution != nil }
    if let step = steps.first(where: { "\($0.layer).bias" == name }) {
      guard let made = factors[step.name] else { return self }
      let bias = try floats()
      return Self(
        name: name,
        tensor: Tensor(FloatTensor(shape: shape, values: zip(bias.values, made).map(/))))
    }
    guard let step = steps.first(where: { $0.layers.contains { "\($0).weight" == name } }) else {
      return self
    }
    let (read, made) = (factors[step.inputs[0]], factors[step.name])
    guard read != nil || made != nil else { return self }
    var weight = try floats()
    let (inputs, taps) = (shape[1], shape[2] * shape[3])
    for index in weight.values.indices {
      let (output, input) = (index / (inputs * taps), index / taps % inputs)
      weight.values[index] *= (read?[input] ?? 1) / (made?[output] ?? 1)
    }
    return Self(name: name, tensor: Tensor(weight))
  }
}
