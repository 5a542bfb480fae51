import Tensors

/// What has one scale and one shift for each channel.
extension PlainKernels {
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func scaleAndShift(_ x: Value, scale: [Scalar], shift: [Scalar]) -> Value {
    let plane = x.planeCount
    var result = x
    for index in x.values.indices {
      let channel = index / plane % x.shape[1]
      result.values[index] = x.values[index] * scale[channel] + shift[channel]
    }
    return result
  }

  public func scaleAndShiftGradients(_ gradient: Value, _ x: Value) -> StepGradients<Scalar> {
    StepGradients(
      weight: Numbers(shape: [x.shape[1]], values: channelSums(gradient, times: x)),
      bias: channelSums(gradient))
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func batchNormalization(
    _ x: Value, scale: [Scalar], shift: [Scalar], epsilon: Double
  ) -> (result: Value, moments: BatchMoments<Scalar>) {
    let count = x.values.count / x.shape[1]
    let mean = channelSums(x).map { $0 / Scalar(count) }
    let centred = scaleAndShift(
      x, scale: [Scalar](repeating: 1, count: mean.count), shift: mean.map { -$0 })
    let moments = BatchMoments(
      mean: mean, variance: channelSums(centred, times: centred).map { $0 / Scalar(count) },
      count: count)
    let factors = zip(scale, moments.inverseDeviations(epsilon)).map { $0 * $1 }
    return (scaleAndShift(centred, scale: factors, shift: shift), moments)
  }

  /// With `n` elements in a channel and `x̂` what is normalized before scale and shift,
  ///
  ///     ∂x = scale / deviation · (∂y - Σ∂y / n - x̂ · Σ(∂y · x̂) / n)
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func batchNormalizationGradient(
    _ gradient: Value, _ x: Value, scale: [Scalar], moments: BatchMoments<Scalar>, epsilon: Double
  ) -> (input: Value, parameters: StepGradients<Scalar>) {
    let inverse = moments.inverseDeviations(epsilon)
    let normalized = scaleAndShift(
      x, scale: inverse, shift: zip(moments.mean, inverse).map { -$0 * $1 })
    let parameters = scaleAndShiftGradients(gradient, normalized)
    let (byScale, byShift) = (parameters.weight.values, channelSums(gradient))
    let (count, plane) = (Scalar(moments.count), x.planeCount)
    var input = gradient
    for index in input.values.indices {
      let channel = index / plane % x.shape[1]
      let mean = (byShift[channel] + normalized.values[index] * byScale[channel]) / count
      input.values[index] = scale[channel] * inverse[channel] * (gradient.values[index] - mean)
    }
    return (input, parameters)
  }

  /// The sum of each channel of `x`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  func channelSums(_ x: Value) -> [Scalar] {
    let plane = x.planeCount
    var sums = [Scalar](repeating: 0, count: x.shape[1])
    for index in x.values.indices { sums[index / plane % x.shape[1]] += x.values[index] }
    return sums
  }

  /// The sum of the products of `x` and `y` in each channel.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  private func channelSums(_ x: Value, times y: Value) -> [Scalar] {
    let plane = x.planeCount
    var sums = [Scalar](repeating: 0, count: x.shape[1])
    for index in x.values.indices {
      sums[index / plane % x.shape[1]] += x.values[index] * y.values[index]
    }
    return sums
  }
}

extension BatchMoments {
  /// `1 / sqrt(variance + epsilon)` of each channel.
  func inverseDeviations(_ epsilon: Double) -> [Scalar] {
    variance.map { 1 / ($0 + Scalar(epsilon)).squareRoot() }
  }
}
