public import Differentiation
public import Networks
public import Tensors

extension TrainedModel {
  /// The gradients by the parameters of `program`, one of ``programs``, given those by the numbers of
  /// its steps: the chain rule back through folding.
  ///
  /// With `W' = s W` and `b' = s b + (beta - mean s)` by output channel, where
  /// `s = gamma / sqrt(variance + epsilon)`: the gradient by `W` is `s` times that by `W'`, that by
  /// `gamma` is the one by `s`, the sum of `W` times that by `W'` and of `b - mean` times that by
  /// `b'`, over `sqrt(variance + epsilon)`, and that by `beta` is that by `b'`. Sums are in binary64.
  /// What a batch norm gives several convolutions adds up. A parameter without a gradient has zeros.
  public func gradients<Scalar: Real>(
    from steps: [String: StepGradients<Scalar>], of program: Program
  ) -> [String: FloatTensor] {
    var result: [String: FloatTensor] = [:]
    var norms: [String: NormGradients] = [:]
    for step in program.steps {
      guard let gradients = steps[step.name] else { continue }
      var weight = gradients.weight
      var bias = gradients.bias
      if let norm = step.batchNorm, let affine = affine(of: step) {
        norms[norm.layer, default: NormGradients(channels: affine.scale.count)].add(
          self.gradients(through: norm, step, gradients))
        weight = scaled(weight, by: affine.scale)
        bias = self.bias(of: step) == nil ? nil : bias.map { scaled($0, by: affine.scale) }
      }
      result.merge(split(weight.floats, of: step)) { first, _ in first }
      result["\(step.layer).bias"] = bias.map { values in
        FloatTensor(shape: [values.count], values: values.map { Float($0) })
      }
    }
    for (layer, gradients) in norms {
      result["\(layer).weight"] = gradients.weight.floats
      result["\(layer).bias"] = gradients.bias.floats
    }
    for parameter in program.parameters(folded: foldedBatchNorms)
    where parameter.isTrained && result[parameter.name] == nil {
      result[parameter.name] = FloatTensor(zeros: parameter.shape)
    }
    return result
  }

  /// The gradients by the batch norm `norm`, which is folded into `step`.
  private func gradients<Scalar: Real>(
    through norm: FoldedBatchNorm, _ step: Step, _ gradients: StepGradients<Scalar>
  ) -> NormGradients {
    var byScale = products(
      kernel(of: step), gradients.weight, channels: norm.normalization.channels)
    let byBias = gradients.bias.map { $0.map { Double($0) } } ?? []
    for (channel, bias) in (bias(of: step) ?? []).enumerated() {
      byScale[channel] += Double(bias) * byBias[channel]
    }
    if norm.providesShift {
      let mean = statistic("\(norm.layer).running_mean").values
      for channel in mean.indices { byScale[channel] -= Double(mean[channel]) * byBias[channel] }
    }
    let variance = statistic("\(norm.layer).running_var").values
    return NormGradients(
      weight: zip(byScale, variance).map {
        $0 / (Double($1) + norm.normalization.epsilon).squareRoot()
      },
      bias: norm.providesShift ? byBias : byScale.map { _ in 0 })
  }

  /// The gradient by the kernel of `step` as those of the layers that it is made of.
  private func split(_ weight: FloatTensor, of step: Step) -> [String: FloatTensor] {
    guard step.parts.count > 1 else { return ["\(step.layer).weight": weight] }
    var first = 0
    return Dictionary(
      uniqueKeysWithValues: step.parts.map { part in
        let channels = first..<first + part.convolution.inputChannels
        first = channels.upperBound
        return ("\(part.layer).weight", weight.sliced(channels, axis: 1))
      })
  }
}

/// The gradients by weight and bias of a folded batch norm, `[C]` each.
private struct NormGradients {
  var weight: [Double]
  var bias: [Double]

  init(weight: [Double], bias: [Double]) {
    self.weight = weight
    self.bias = bias
  }

  init(channels: Int) {
    self.init(
      weight: [Double](repeating: 0, count: channels), bias: [Double](repeating: 0, count: channels)
    )
  }

  mutating func add(_ other: NormGradients) {
    weight = zip(weight, other.weight).map(+)
    bias = zip(bias, other.bias).map(+)
  }
}

extension [Double] {
  /// The numbers, rounded to binary32: `[C]`.
  fileprivate var floats: FloatTensor { FloatTensor(shape: [count], values: map { Float($0) }) }
}

private func scaled<Scalar: Real>(_ numbers: [Scalar], by scale: [Double]) -> [Scalar] {
  zip(numbers, scale).map { Scalar(Double($0) * $1) }
}

/// For each output channel the sum of the products of the elements of `kernel` and `gradient`,
/// `[out, in, kh, kw]`.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func products<Scalar: Real>(
  _ kernel: FloatTensor, _ gradient: Numbers<Scalar>, channels: Int
) -> [Double] {
  let perChannel = kernel.values.count / channels
  let (left, right) = (kernel.values.span, gradient.values.span)
  return (0..<channels).map { channel in
    var sum = 0.0
    for index in channel * perChannel..<(channel + 1) * perChannel {
      sum += Double(left[index]) * Double(right[index])
    }
    return sum
  }
}
