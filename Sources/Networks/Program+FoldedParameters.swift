import Tensors

extension Program {
  /// The parameters of the steps, where the batch norms in `folded` are part of the convolutions.
  ///
  /// A folded convolution has a bias of its own; a batch norm that is not folded keeps its own
  /// parameters, behind the last convolution that it follows.
  public func parameters(folded: Set<String>) -> [Parameter] {
    var pending: [String: Int] = [:]
    for step in steps { if let norm = step.batchNorm { pending[norm.layer, default: 0] += 1 } }
    return steps.flatMap { step -> [Parameter] in
      let kernel = step.partParameters
      guard let norm = step.batchNorm else { return kernel }
      if folded.contains(norm.layer) {
        guard step.hasBias, let convolution = step.convolution, !convolution.hasBias else {
          return kernel
        }
        let bias = Parameter(
          name: "\(step.layer).bias", shape: [convolution.outputChannels], role: .bias)
        return kernel + [bias]
      }
      pending[norm.layer, default: 0] -= 1
      guard pending[norm.layer] == 0 else { return kernel }
      return kernel
        + LayerOperation.batchNormalization(norm.normalization).parameters(of: norm.layer)
    }
  }
}

extension Step {
  /// The parameters of the layers that the step does first, one after the other.
  fileprivate var partParameters: [Parameter] {
    guard !parts.isEmpty else { return operation.parameters(of: layer) }
    return parts.flatMap { part in
      (part.normalization?.parameters ?? [])
        + LayerOperation.convolution(part.convolution).parameters(of: part.layer)
    }
  }
}
