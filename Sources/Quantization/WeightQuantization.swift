/// How kernels become 8-bit integers.
public struct WeightQuantization: Sendable {
  /// The largest magnitude of a channel's integers: 127, or 63 for processors whose products of 8-bit
  /// integers are added in 16 bits, which saturates (`vpmaddubsw` of x86 without VNNI).
  public let magnitude: Int8
  /// Whether the channels of values are scaled (``Equalization``).
  public let equalizes: Bool
  /// How biases take up what rounding adds to the means of results; nil: they do not.
  public let biasCorrection: BiasCorrection?
  /// What rounds kernels; nil: each weight becomes the nearest integer.
  public private(set) var rounding: AdaptiveRounding?

  /// A quantization to 8 bits, or to 7 where `reducesRange`, with the repairs that are asked for,
  /// that rounds kernels as `rounding` says, to the nearest integers unless told otherwise.
  public init(
    reducesRange: Bool = false, equalizes: Bool = false,
    biasCorrection: BiasCorrection? = nil, rounding: AdaptiveRounding? = nil
  ) {
    magnitude = reducesRange ? 63 : 127
    self.equalizes = equalizes
    self.biasCorrection = biasCorrection
    self.rounding = rounding
  }

  /// The same, but that kernels become the nearest integers.
  var roundingToNearest: WeightQuantization {
    var nearest = self
    nearest.rounding = nil
    return nearest
  }
}
