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
    let parameters = parameters(folded: folded)
    if plan == PrecisionPlan(.float32) { return parameters }
    var types: [String: [ElementType]] = [:]
    var scales: [Parameter] = []
    for step in steps {
      guard let channels = step.convolution?.outputChannels else { continue }
      let kernel = "\(step.layer).weight"
      types[kernel] = [plan[step].kernelType]
      types["\(step.layer).bias"] = [.float32]
      guard plan[step].hasIntegerWeights else { continue }
      scales.append(.scale(of: kernel, [channels]))
    }
    let typed = parameters.map {
      Parameter(
        name: $0.name, shape: $0.shape, role: $0.role,
        elementTypes: types[$0.name] ?? $0.elementTypes)
    }
    return typed + scales
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

  /// ``quantizedValues(in:)`` in the order of the program.
  func sortedQuantizedValues(in plan: PrecisionPlan) -> [String] {
    (inputs + steps.map(\.name)).filter(quantizedValues(in: plan).contains)
  }
}

extension Parameter {
  /// What one unit of the integers of `name` is worth.
  fileprivate static func scale(of name: String, _ shape: Shape) -> Parameter {
    Parameter(name: "\(name).scale", shape: shape, role: .statistic, elementTypes: [.float32])
  }
}
