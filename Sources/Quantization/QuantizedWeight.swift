public import Tensors

/// A kernel as signed 8-bit integers, symmetric, with a scale for each output channel.
public struct QuantizedWeight: Sendable {
  /// The integers, `[out, in, kh, kw]` row-major, within -127...127.
  public let integers: [Int8]
  /// The real value of 1 in each output channel.
  public let scales: [Float]

  /// Rounds `weight` (`[out, in, kh, kw]`) to nearest, ties to even; a channel's largest
  /// magnitude becomes 127. An all-zero channel gets scale 1.
  public init(_ weight: FloatTensor) {
    let perChannel = weight.shape.elementCount / weight.shape[0]
    var integers: [Int8] = []
    integers.reserveCapacity(weight.values.count)
    scales = (0..<weight.shape[0]).map { channel in
      let values = weight.values[channel * perChannel..<(channel + 1) * perChannel]
      let quantization = AffineQuantization.symmetric(magnitude: values.map(abs).max() ?? 0)
      integers += values.map { Int8(max(quantization.quantize($0), -127)) }
      return quantization.scale
    }
    self.integers = integers
  }
}
