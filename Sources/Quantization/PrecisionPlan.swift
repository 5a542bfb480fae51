public import Networks

/// The precision that each step of a network runs in, and that its memories are held in.
public struct PrecisionPlan: Sendable, Hashable {
  /// What holds where nothing else is said.
  public let standard: Precision
  /// The steps that run otherwise, by the layer whose parameters they use.
  public let exceptions: [String: Precision]
  /// The memories (`Program.memories`) that are held otherwise than the standard and the
  /// memory read imply, by name: in fp32, fp16, bf16 or int8.
  public let memories: [String: Precision]

  /// One precision for all steps but `exceptions` and all memories but `memories`.
  public init(
    _ standard: Precision, exceptions: [String: Precision] = [:],
    memories: [String: Precision] = [:]
  ) {
    self.standard = standard
    self.exceptions = exceptions
    self.memories = memories
  }

  /// What messages, reports and files call it: the standard precision, or `mixed` where layers have
  /// exceptions.
  public var name: String { exceptions.isEmpty ? standard.rawValue : Self.mixed }

  /// The ``name`` of plans with exceptions.
  public static let mixed = "mixed"

  /// Whether layers may compute on 8-bit integers.
  public var hasIntegerLayers: Bool { standard == .int8 || exceptions.values.contains(.int8) }

  /// Whether layers may have 8-bit integers for weights.
  public var hasIntegerWeights: Bool {
    ([standard] + exceptions.values).contains(where: \.hasIntegerWeights)
  }

  /// The precision of `step`, which is a convolution, a normalization or a memory read: what has a
  /// precision of its own (`Program.precision(of:in:)`).
  public subscript(step: Step) -> Precision { exceptions[step.layer] ?? standard }
}

extension Step {
  /// Whether a plan may give the step a precision of its own; other steps follow their input.
  public var hasOwnPrecision: Bool {
    switch operation {
    case .convolution, .memoryRead, .normalize: true
    case .batchNormalization, .relu, .maxPool, .add, .upsample, .concatenate: false
    }
  }
}

extension Program {
  /// The precision of `step` in `plan`: its own, or that of the step that makes its first input; the
  /// standard one where that is given to the program.
  public func precision(of step: Step, in plan: PrecisionPlan) -> Precision {
    if step.hasOwnPrecision { return plan[step] }
    return self.step(step.inputs[0]).map { precision(of: $0, in: plan) } ?? plan.standard
  }

  /// The inputs that memory reads alone read, as keys or as values.
  public var memories: Set<String> {
    var (remembered, readElsewhere): (Set<String>, Set<String>) = ([], [])
    for step in steps {
      let operands = step.operation == .memoryRead ? step.inputs.prefix(2) : []
      remembered.formUnion(operands)
      readElsewhere.formUnion(step.inputs.dropFirst(operands.count))
    }
    return remembered.intersection(inputs).subtracting(readElsewhere)
  }

  /// The values that `plan` holds in 8-bit integers: those that an integer step reads and no
  /// convolution or memory read in another precision, and the memories that it names.
  ///
  /// Convolutions are integer steps; so are ReLU, pooling, upsampling and addition whose result
  /// is held as integers. Keys, values, the memory read and logits are not.
  public func integerValues(in plan: PrecisionPlan) -> Set<String> {
    var (read, readElsewhere): (Set<String>, Set<String>) = ([], [])
    for step in steps.reversed() {
      switch step.operation {
      case .convolution:
        if plan[step] == .int8 {
          read.formUnion(step.inputs)
        } else {
          readElsewhere.formUnion(step.inputs)
        }
      case .relu, .maxPool, .upsample, .add:
        if read.contains(step.name) && !readElsewhere.contains(step.name) {
          read.formUnion(step.inputs)
        }
      case .memoryRead: readElsewhere.formUnion(step.inputs)
      case .normalize, .batchNormalization, .concatenate: break
      }
    }
    return read.subtracting(readElsewhere).union(memories(in: plan, as: .int8))
  }

  /// The values of which `plan` must know how they become 8-bit integers: those that it holds so,
  /// and what an integer convolution reads, which it rounds for itself where it is held otherwise.
  public func quantizedValues(in plan: PrecisionPlan) -> Set<String> {
    let integers = integerValues(in: plan)
    let read = steps.filter { $0.convolution != nil && plan[$0] == .int8 }.flatMap { step in
      integers.contains(step.name) ? step.inputs : [step.inputs[0]]
    }
    return integers.union(read)
  }

  /// The values that `plan` holds in bfloat16: those that a step in bfloat16 makes, or the
  /// program is given, and that lead to a convolution or to the memory read; what the program
  /// is given for a memory read in bfloat16 or int8; and the memories that it names, but no other.
  ///
  /// Images, which convolutions round once they have normalized them, and logits stay in binary32.
  public func bfloat16Values(in plan: PrecisionPlan) -> Set<String> {
    var (read, remembered): (Set<String>, Set<String>) = ([], [])
    for step in steps.reversed() {
      switch step.operation {
      case .convolution:
        read.formUnion(step.readsImages ? step.inputs.dropFirst() : step.inputs[...])
      case .memoryRead:
        read.formUnion(step.inputs)
        if plan[step] == .int8 || plan[step] == .bfloat16 { remembered.formUnion(step.inputs) }
      case .relu, .maxPool, .upsample, .add, .batchNormalization, .concatenate:
        if read.contains(step.name) { read.formUnion(step.inputs) }
      case .normalize: break
      }
    }
    let made = steps.filter { precision(of: $0, in: plan) == .bfloat16 }.map(\.name)
    return read.intersection(made + (plan.standard == .bfloat16 ? inputs : []))
      .union(remembered.intersection(inputs))
      .subtracting(memories.intersection(plan.memories.keys))
      .union(memories(in: plan, as: .bfloat16))
  }

  /// The values that `plan` holds in binary16: what the program is given where that is the standard,
  /// what a step in binary16 makes, and the memories that it names, but no other.
  public func float16Values(in plan: PrecisionPlan) -> Set<String> {
    let made = steps.filter { precision(of: $0, in: plan) == .float16 }.map(\.name)
    return Set(made + (plan.standard == .float16 ? inputs : []))
      .subtracting(memories.intersection(plan.memories.keys))
      .union(memories(in: plan, as: .float16))
  }

  /// The type of numbers that `plan` holds each value in, by name; those in binary32 are absent.
  public func heldPrecisions(in plan: PrecisionPlan) -> [String: Precision] {
    var held: [String: Precision] = [:]
    for value in float16Values(in: plan) { held[value] = .float16 }
    for value in bfloat16Values(in: plan) { held[value] = .bfloat16 }
    for value in integerValues(in: plan) { held[value] = .int8 }
    return held
  }

  private func memories(in plan: PrecisionPlan, as precision: Precision) -> Set<String> {
    memories.filter { plan.memories[$0] == precision }
  }
}
