public import Networks
import Tensors

extension Program {
  /// The tensors of a model file in `precision` that concern this deployed program.
  ///
  /// The batch norms in `folded` are part of the convolutions; int8 adds scales and zero points
  /// as ``QuantizationReader`` documents.
  public func parameters(in precision: Precision, folded: Set<String>) -> [Parameter] {
    let parameters = parameters(folded: folded)
    guard precision == .int8 else { return parameters }
    let scales = steps.compactMap { step in
      step.convolution.map {
        Parameter(name: "\(step.layer).weight.scale", shape: [$0.outputChannels], role: .statistic)
      }
    }
    let values = (inputs + steps.map(\.name)).filter(integerValues.contains)
    let quantizations = values.flatMap(quantizationNames).flatMap { name in
      ["scale", "zero_point"].map {
        Parameter(name: "\(name).\($0)", shape: [], role: .statistic)
      }
    }
    return parameters + scales + quantizations
  }
}
