public import Differentiation
import Tensors

extension OneDNNGradientKernels {
  /// The sums of `x` over images and pixels, by channel.
  func channelSums(_ x: OneDNNValue) throws -> [Float] {
    let values = try blocked(x)
    let zeros = [Float](repeating: 0, count: x.shape[1])
    return ChannelLoops(x.shape).sums(values, values, centre: zeros) { x, _, _ in x }
      .map { Float($0) }
  }

  public func scaleAndShiftGradients(
    _ gradient: OneDNNValue, _ x: OneDNNValue
  ) throws -> StepGradients<Float> {
    try answer("scale and shift, gradients") { _ in
      try parameterGradients(
        gradient, x, centre: [Float](repeating: 0, count: x.shape[1]), factors: nil)
    }
  }

  /// The gradients by the scale and the shift of `(x - centre) * factors * scale + shift`, by
  /// channel.
  private func parameterGradients(
    _ gradient: OneDNNValue, _ x: OneDNNValue, centre: [Float], factors: [Float]?
  ) throws -> StepGradients<Float> {
    let products = ChannelLoops(x.shape).sums(try blocked(gradient), try blocked(x), centre: centre)
    { $0 * ($1 - $2) }
    let scale = products.indices.map { Float(products[$0] * Double(factors?[$0] ?? 1)) }
    return StepGradients(
      weight: Numbers(shape: [scale.count], values: scale), bias: try channelSums(gradient))
  }

  public func batchNormalization(
    _ x: OneDNNValue, scale: [Float], shift: [Float], epsilon: Double
  ) throws -> (result: OneDNNValue, moments: BatchMoments<Float>) {
    try answer("batch normalization") { library in
      let values = try blocked(x)
      let loops = ChannelLoops(x.shape)
      let count = x.shape.elementCount / x.shape[1]
      let mean = try channelSums(x).map { $0 / Float(count) }
      let squares = loops.sums(values, values, centre: mean) { x, _, mean in
        (x - mean) * (x - mean)
      }
      let moments = BatchMoments(
        mean: mean, variance: squares.map { Float($0 / Double(count)) }, count: count)
      let result = library.store.empty(values.held)
      let factors = zip(moments.factors(epsilon), scale).map { $0 * $1 }
      loops.map(values, values, to: result, mean, factors, shift) { ($0 - $2) * $3 + $4 }
      return (OneDNNValue(result), moments)
    }
  }

  public func batchNormalizationGradient(
    _ gradient: OneDNNValue, _ x: OneDNNValue, scale: [Float], moments: BatchMoments<Float>,
    epsilon: Double
  ) throws -> (input: OneDNNValue, parameters: StepGradients<Float>) {
    try answer("batch normalization, gradient") { library in
      let factors = moments.factors(epsilon)
      let parameters = try parameterGradients(
        gradient, x, centre: moments.mean, factors: factors)
      let (gradients, values) = (try blocked(gradient), try blocked(x))
      let loops = ChannelLoops(x.shape)
      let count = Float(moments.count)
      // scale · f · (g - mean of g - (x - mean) · f · mean of g · (x - mean) · f), with f = factors.
      let slopes = factors.indices.map { factors[$0] * parameters.weight.values[$0] / count }
      let means = (parameters.bias ?? []).map { $0 / count }
      let centred = library.store.empty(gradients.held)
      loops.map(gradients, values, to: centred, moments.mean, slopes, means) {
        $0 - $4 - ($1 - $2) * $3
      }
      let result = library.store.empty(gradients.held)
      let outer = zip(scale, factors).map { $0 * $1 }
      loops.map(centred, centred, to: result, outer, outer, outer) { x, _, factor, _, _ in
        x * factor
      }
      return (OneDNNValue(result), parameters)
    }
  }
}

extension BatchMoments<Float> {
  /// `1 / sqrt(variance + epsilon)` by channel.
  fileprivate func factors(_ epsilon: Double) -> [Float] {
    variance.map { Float(1 / (Double($0) + epsilon).squareRoot()) }
  }
}
