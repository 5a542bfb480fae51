import Networks

/// The order of the colours in the frames that a network was trained on.
///
/// Models are given red, green and blue. Whoever trained on frames as OpenCV reads them, blue
/// first, has kernels, and perhaps a mean, in the other order.
public enum ChannelOrder: String, Sendable, CaseIterable {
  /// Red, green, blue.
  case rgb
  /// Blue, green, red.
  case bgr

  /// Whether `values` are the mean of ImageNet's pictures in the order blue, green, red.
  static func isReversedMean(_ values: [Float]) -> Bool {
    let mean = ImageNormalization.imageNet.mean.reversed()
    return values.count == mean.count && zip(values, mean).allSatisfy { abs($0 - $1) < 1e-3 }
  }
}

extension Claim {
  /// The same with the colours of the frame the other way round, where the parameter has a part for
  /// each.
  func reversingColours(_ names: NetworkNames) -> Claim {
    let isByColour = ["Encoder_M.", "Encoder_Q."].contains { encoder in
      ["conv1.weight", "mean", "std"].contains { parameter == encoder + $0 }
    }
    guard isByColour, shape == names.shapes[parameter] else { return self }
    var reversed = self
    reversed.transforms.append(.reverse(axis: 1))
    return reversed
  }
}
