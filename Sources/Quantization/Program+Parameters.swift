public import Networks
import Tensors

extension Program {
  /// The tensors of a model file of `plan` that concern this deployed program.
  ///
  /// The batch norms in `folded` are part of the convolutions. A file that is in binary32 alone may
  /// hold its parameters in any type. Otherwise kernels have the type of their step's precision and
  /// biases are in binary32; int8 adds scales and zero points as ``QuantizationReader`` documents,
  /// w8 the scales of kernels.
  public func parameters(in plan: PrecisionPlan, folded: Set<String>) -> [Parameter] {
    if plan == PrecisionPlan(.float32) { return parameters(folded: folded) }
    let replaced = Dictionary(
      uniqueKeysWithValues: steps.filter { $0.readsImages && plan[$0] == .int8 }.flatMap { step in
        step.integerReplacements
      })
    let parameters = parameters(folded: folded).flatMap { replaced[$0.name] ?? [$0] }
    var types: [String: [ElementType]] = [:]
    var scales: [Parameter] = []
    for step in steps {
      guard let channels = step.convolution?.outputChannels else { continue }
      types["\(step.layer).bias"] = [.float32]
      for layer in plan[step] == .int8 ? [step.layer] : step.layers {
        let kernel = "\(layer).weight"
        types[kernel] = [plan[step].kernelType]
        if plan[step].hasIntegerWeights { scales.append(.scale(of: kernel, [channels])) }
      }
    }
    let typed = parameters.map {
      Parameter(
        name: $0.name, shape: $0.shape, role: $0.role,
        elementTypes: types[$0.name] ?? $0.elementTypes)
    }
    let factors = plan.hasIntegerLayers ? self.factors : []
    return typed + scales + factors
      + sortedQuantizedValues(in: plan).flatMap { value in
        quantizationNames(of: value, in: plan).flatMap { name in
          [
            .scale(of: name, []),
            Parameter(
              name: "\(name).zero_point", shape: [], role: .statistic,
              elementTypes: [.uint8, .int8]),
          ]
        }
      }
  }

  /// The factors of the values whose channels may be scaled.
  private var factors: [Parameter] {
    (inputs + steps.map(\.name)).compactMap { value in
      guard factorOwner(of: value) == value else { return nil }
      let channels =
        step(value)?.convolution?.outputChannels
        ?? convolutions(reading: value).first?.convolution?.inputChannels
      return channels.map {
        Parameter(
          name: Self.factorName(of: value), shape: [$0], role: .factor, elementTypes: [.float32])
      }
    }
  }

  /// The value whose channels are scaled as those of `value` are in every file: what a residual
  /// stream, or a chain of steps that keep channels apart, begins with.
  public func factorOwner(of value: String) -> String {
    guard let step = step(value) else { return value }
    if step.convolution != nil {
      return step.addsResidual ? factorOwner(of: step.inputs[1]) : value
    }
    return factorOwner(of: step.inputs[0])
  }

  /// The name under which a model file holds what the channels of `value` were divided by.
  static func factorName(of value: String) -> String { "\(value).factor" }

  /// ``quantizedValues(in:)`` in the order of the program.
  func sortedQuantizedValues(in plan: PrecisionPlan) -> [String] {
    (inputs + steps.map(\.name)).filter(quantizedValues(in: plan).contains)
  }
}

extension Step {
  /// What stands in int8 for the parameters of the layers of a convolution of images, by name: one
  /// kernel, with the deviations in it, for all kernels.
  fileprivate var integerReplacements: [(String, [Parameter])] {
    let kernels = parts.enumerated().map { index, part in
      let name = "\(part.layer).weight"
      let whole = convolution.map { Parameter(name: name, shape: $0.kernelShape, role: .weight) }
      return (name, index == 0 ? [whole].compactMap { $0 } : [])
    }
    let kept = Set(normalizationParameters(in: .int8))
    return kernels
      + parts.compactMap(\.normalization).flatMap(\.parameters).filter { !kept.contains($0) }
      .map { ($0.name, []) }
  }
}

extension Parameter {
  /// What one unit of the integers of `name` is worth.
  fileprivate static func scale(of name: String, _ shape: Shape) -> Parameter {
    Parameter(name: "\(name).scale", shape: shape, role: .statistic, elementTypes: [.float32])
  }
}
