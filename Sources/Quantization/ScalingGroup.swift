public import Networks

/// A value of one of several programs.
struct ProgramValue: Hashable {
  let program: String
  let name: String

  init(_ program: String, _ name: String) {
    self.program = program
    self.name = name
  }
}

/// Values whose channels can be scaled together: where the convolutions that make them divide each
/// channel by a positive number and those that read them multiply by it, the network computes the
/// same.
///
/// Sums, ReLUs, poolings and upsamplings hand a channel's factor on, so that the values of a
/// residual stream are one group, and the value between two convolutions is another (Nagel et al.,
/// *Data-Free Quantization Through Weight Equalization and Bias Correction*, ICCV 2019). What is
/// normalized, concatenated, remembered, or given to or handed out by the network is in no group.
struct ScalingGroup {
  /// The number of channels.
  let channels: Int
  /// The values, in the order of the programs.
  let values: [ProgramValue]

  /// The groups of `programs`, together a network: what one hands out and another is given under the
  /// same name is one value.
  static func groups(of programs: [Program]) -> [ScalingGroup] {
    var union = ValueUnion()
    var fixed: Set<ProgramValue> = []
    for program in programs {
      func value(_ name: String) -> ProgramValue { ProgramValue(program.name, name) }
      let others = programs.filter { $0.name != program.name }
      for output in program.outputs {
        let readers = others.filter { $0.inputs.contains(output.name) }
        for reader in readers {
          union.join(value(output.value), ProgramValue(reader.name, output.name))
        }
        if readers.isEmpty { fixed.insert(value(output.value)) }
      }
      let made = Set(others.flatMap { $0.outputs.map(\.name) })
      fixed.formUnion(program.inputs.filter { !made.contains($0) }.map(value))
      for step in program.steps {
        switch step.operation {
        case .convolution:
          if step.addsResidual { union.join(value(step.name), value(step.inputs[1])) }
        case .relu, .maxPool, .upsample, .add:
          for input in step.inputs { union.join(value(step.name), value(input)) }
        case .normalize, .batchNormalization, .concatenate, .memoryRead:
          fixed.formUnion((step.inputs + [step.name]).map(value))
        }
      }
    }
    let excluded = Set(fixed.map(union.root))
    var (order, values): ([ProgramValue], [ProgramValue: [ProgramValue]]) = ([], [:])
    for program in programs {
      for name in program.inputs + program.steps.map(\.name) {
        let root = union.root(ProgramValue(program.name, name))
        guard !excluded.contains(root) else { continue }
        if values[root] == nil { order.append(root) }
        values[root, default: []].append(ProgramValue(program.name, name))
      }
    }
    return order.compactMap { root in
      let values = values[root] ?? []
      let channels = programs.lazy.compactMap { program in
        values.lazy.filter { $0.program == program.name }
          .compactMap { program.step($0.name)?.convolution?.outputChannels }.first
      }.first
      return channels.map { ScalingGroup(channels: $0, values: values) }
    }
  }
}

/// Values that belong together, by one that stands for all.
private struct ValueUnion {
  private var parents: [ProgramValue: ProgramValue] = [:]

  func root(_ value: ProgramValue) -> ProgramValue {
    var value = value
    while let parent = parents[value] { value = parent }
    return value
  }

  mutating func join(_ left: ProgramValue, _ right: ProgramValue) {
    let (left, right) = (root(left), root(right))
    if left != right { parents[right] = left }
  }
}

extension Program {
  /// The names under which a file holds the factors of the values that are in a group of `programs`,
  /// together a network.
  public func factorNames(in programs: [Program]) -> Set<String> {
    Set(
      ScalingGroup.groups(of: programs).flatMap(\.values).filter { $0.program == name }
        .filter { factorOwner(of: $0.name) == $0.name }.map { Self.factorName(of: $0.name) })
  }
}
