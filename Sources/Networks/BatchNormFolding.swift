public import Tensors

/// A batch norm with frozen statistics as `x * scale + shift` by channel, in binary64.
///
/// Multiplied into the convolution before it, it costs nothing (Jacob et al., *Quantization and
/// Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference*, CVPR 2018,
/// section 3.2).
public struct BatchNormFolding: Sendable {
  /// What each channel is multiplied by.
  public let scale: [Double]
  /// What is added to each channel afterwards.
  public let shift: [Double]

  /// A scale and a shift as they are; both have one number for each channel.
  public init(scale: [Double], shift: [Double]) {
    precondition(scale.count == shift.count, "\(scale.count) scales, \(shift.count) shifts")
    self.scale = scale
    self.shift = shift
  }

  /// `(x - mean) / sqrt(variance + epsilon) * weight + bias`.
  public init(
    weight: [Float], bias: [Float], mean: [Float], variance: [Float], epsilon: Double
  ) {
    let scale = zip(weight, variance).map { Double($0) / (Double($1) + epsilon).squareRoot() }
    self.init(
      scale: scale,
      shift: scale.indices.map { Double(bias[$0]) - Double(mean[$0]) * scale[$0] })
  }

  /// The kernel `[out, in, kh, kw]` with each output channel scaled, rounded to binary32 once.
  public func folded(weight: FloatTensor) -> FloatTensor {
    let perChannel = weight.shape.elementCount / weight.shape[0]
    var folded = weight
    for (channel, scale) in scale.enumerated() {
      for index in channel * perChannel..<(channel + 1) * perChannel {
        folded.values[index] = Float(Double(folded.values[index]) * scale)
      }
    }
    return folded
  }

  /// The bias of the folded convolution: its own scaled, and the shift if `addsShift`.
  public func folded(bias: [Double]?, addsShift: Bool) -> [Float] {
    scale.indices.map { channel in
      Float((bias?[channel] ?? 0) * scale[channel] + (addsShift ? shift[channel] : 0))
    }
  }
}
