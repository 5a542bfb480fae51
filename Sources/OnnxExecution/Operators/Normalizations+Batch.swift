import Execution
import Tensors

extension OperatorTable {
  /// `BatchNormalization`.
  ///
  /// It trains where the attribute `training_mode` says so since operator set 14, where the node
  /// has more outputs than one from 7 to 13, and unless the attribute `is_test` is set in 6: then
  /// the statistics are those of the batch, and the outputs after the first are the running mean
  /// and variance and, before 14, those of the batch. `spatial` 0, before 9, gives every element of
  /// an image statistics of its own.
  static func batchNormalization(_ call: OperatorCall) throws -> [Value] {
    let x = try call.input(0)
    let isSpatial = try call.opset >= 9 || call.flag("spatial", true)
    let channels = isSpatial ? try Channels(x.shape) : try Channels(features: x.shape)
    let scale = try call.channelNumbers(1, "scale", channels.count)
    let bias = try call.channelNumbers(2, "B", channels.count)
    let mean = try call.channelNumbers(3, "mean", channels.count)
    let variance = try call.channelNumbers(4, "var", channels.count)
    let epsilon = Double(try call.float("epsilon", 1e-5))
    let trains =
      switch call.opset {
      case 14...: try call.flag("training_mode")
      case 7...: call.outputCount > 1
      default: try !call.flag("is_test")
      }
    guard trains else {
      let factors = zip(scale, variance).map { $0 / ($1 + epsilon).squareRoot() }
      let shifts = zip(bias, zip(mean, factors)).map { $0 - $1.0 * $1.1 }
      if isSpatial, let held = x.held,
        let result = try call.kernels?.scaleAndShift(
          held, scale: factors.map { Float($0) }, shift: shifts.map { Float($0) })
      {
        return [Value(result)]
      }
      return [try x.scaled(channels, factors, shifts)]
    }
    let numbers = try x.realNumbers()
    let batch = (0..<channels.count).map { channel in
      Statistics(
        of: numbers,
        in: (0..<channels.images).map { image in
          let start = (image * channels.count + channel) * channels.inner
          return start..<start + channels.inner
        })
    }
    let factors = zip(scale, batch).map { $0 / ($1.variance + epsilon).squareRoot() }
    let shifts = zip(bias, zip(batch, factors)).map { $0 - $1.0.mean * $1.1 }
    let momentum = Double(try call.float("momentum", 0.9))
    let statistics = try call.input(3)
    func vector(_ numbers: [Double]) -> Value {
      Value(statistics.elementType, statistics.shape, rounding: numbers)
    }
    let running = [
      vector(zip(mean, batch).map { $0 * momentum + $1.mean * (1 - momentum) }),
      vector(zip(variance, batch).map { $0 * momentum + $1.variance * (1 - momentum) }),
    ]
    let saved = [vector(batch.map(\.mean)), vector(batch.map(\.variance))]
    return [try x.scaled(channels, factors, shifts)] + running + (call.opset >= 14 ? [] : saved)
  }
}

extension Value {
  /// Every element times the factor of its channel, plus its shift.
  fileprivate func scaled(
    _ channels: Channels, _ factors: [Double], _ shifts: [Double]
  ) throws -> Value {
    guard elementType != .float64 else {
      var numbers = try realNumbers()
      for plane in 0..<channels.images * channels.count {
        let (factor, shift) = (factors[plane % channels.count], shifts[plane % channels.count])
        for index in plane * channels.inner..<(plane + 1) * channels.inner {
          numbers[index] = numbers[index] * factor + shift
        }
      }
      return Value(elementType, shape, rounding: numbers)
    }
    var numbers = try floats()
    for plane in 0..<channels.images * channels.count {
      let (factor, shift) = (factors[plane % channels.count], shifts[plane % channels.count])
      for index in plane * channels.inner..<(plane + 1) * channels.inner {
        numbers[index] = Float(Double(numbers[index]) * factor + shift)
      }
    }
    return Value(elementType, shape, floats: numbers)
  }
}
