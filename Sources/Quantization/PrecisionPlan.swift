public import Networks

/// The precision that each step of a program runs in, and that memories are held in.
public struct PrecisionPlan: Sendable, Hashable {
  /// What holds where nothing else is said.
  public let standard: Precision
  /// The steps that run otherwise, by the layer whose parameters they use; and in int8 the memories
  /// (``Networks/Program/memories``) that are held as 8-bit integers, by name.
  public let exceptions: [String: Precision]

  /// One precision for all steps and memories but `exceptions`.
  public init(_ standard: Precision, exceptions: [String: Precision] = [:]) {
    self.standard = standard
    self.exceptions = exceptions
  }

  /// The precision of `step`.
  public subscript(step: Step) -> Precision { exceptions[step.layer] ?? standard }
}

extension Program {
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

  /// The values that this plan holds in 8-bit integers: those that an integer step reads and no
  /// convolution or memory read in another precision, and the memories that it names.
  ///
  /// Convolutions are integer steps; so are ReLU, pooling, upsampling and addition whose result
  /// is held as integers. Frames, keys, values, the memory read and logits are not.
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
    return read.subtracting(readElsewhere).union(integerMemories(in: plan))
  }

  /// The values that this plan holds in bfloat16: those that a step in bfloat16 makes, or the
  /// program is given, and that lead to a convolution or to the memory read; and what the program
  /// is given for a memory read in bfloat16 or int8, unless the plan holds it in 8-bit integers.
  ///
  /// Frames before their normalization and logits stay in binary32.
  public func bfloat16Values(in plan: PrecisionPlan) -> Set<String> {
    var (read, remembered): (Set<String>, Set<String>) = ([], [])
    for step in steps.reversed() {
      switch step.operation {
      case .convolution: read.formUnion(step.inputs)
      case .memoryRead:
        read.formUnion(step.inputs)
        if plan[step] == .int8 || plan[step] == .bfloat16 { remembered.formUnion(step.inputs) }
      case .relu, .maxPool, .upsample, .add, .batchNormalization, .concatenate:
        if read.contains(step.name) { read.formUnion(step.inputs) }
      case .normalize: break
      }
    }
    let made = steps.filter { plan[$0] == .bfloat16 }.map(\.name)
    return read.intersection(made + (plan.standard == .bfloat16 ? inputs : []))
      .union(remembered.intersection(inputs))
      .subtracting(integerMemories(in: plan))
  }

  private func integerMemories(in plan: PrecisionPlan) -> Set<String> {
    memories.filter { plan.exceptions[$0] == .int8 }
  }
}
