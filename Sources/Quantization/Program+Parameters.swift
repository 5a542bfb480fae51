public import Networks
import Tensors

extension Program {
  /// The tensors of a model file in `precision` that concern this deployed program.
  ///
  /// The batch norms in `folded` are part of the convolutions; int8 adds scales and zero points
  /// as ``QuantizationReader`` documents.
  public func parameters(in precision: Precision, folded: Set<String>) -> [Parameter] {
    var parameters = parameters(folded: folded)
    guard precision == .int8 else { return parameters }
    for step in steps {
      guard let channels = step.convolution?.outputChannels else { continue }
      let name = "\(step.layer).weight.scale"
      parameters.append(Parameter(name: name, shape: [channels], role: .statistic))
    }
    let integerValues = integerValues
    for value in inputs + steps.map(\.name) where integerValues.contains(value) {
      for name in quantizationNames(of: value) {
        parameters.append(Parameter(name: "\(name).scale", shape: [], role: .statistic))
        parameters.append(Parameter(name: "\(name).zero_point", shape: [], role: .statistic))
      }
    }
    return parameters
  }
}
