/// The widths and depths of a space-time memory network; everything else follows from them.
public struct STMConfiguration: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Channels of the trunk's first convolution; ResNet-50 has 64.
  public let trunkWidth: Int
  /// Bottlenecks in `res2`, `res3` and `res4`; ResNet-50 has 3, 4, 6.
  public let blocks: [Int]
  /// Channels of keys.
  public let keyChannels: Int
  /// Channels of values.
  public let valueChannels: Int
  /// Channels inside the decoder.
  public let decoderChannels: Int

  /// A configuration; every number must be at least 1, and there are three stages.
  public init(
    trunkWidth: Int, blocks: [Int], keyChannels: Int, valueChannels: Int, decoderChannels: Int
  ) {
    self.trunkWidth = trunkWidth
    self.blocks = blocks
    self.keyChannels = keyChannels
    self.valueChannels = valueChannels
    self.decoderChannels = decoderChannels
  }

  /// The published model: 38.9 million parameters.
  public static let published = STMConfiguration(
    trunkWidth: 64, blocks: [3, 4, 6], keyChannels: 128, valueChannels: 512, decoderChannels: 256)

  /// The sample model in `SampleWeights`: 2.4 million parameters.
  public static let sample = STMConfiguration(
    trunkWidth: 16, blocks: [3, 4, 6], keyChannels: 32, valueChannels: 128, decoderChannels: 64)

  /// The widths that make sense.
  static let plausibleWidths = 1...65_536

  /// The numbers of blocks in a stage that make sense.
  static let plausibleBlocks = 1...64

  /// The numbers with their names, on one line.
  public var description: String {
    "trunk width \(trunkWidth), blocks \(blocks), key \(keyChannels), value \(valueChannels), "
      + "decoder \(decoderChannels)"
  }

  /// Whether every number makes sense: three stages of at most 64 blocks, widths from 1 to
  /// 65,536.
  public var isPlausible: Bool {
    blocks.count == 3 && blocks.allSatisfy(Self.plausibleBlocks.contains)
      && [trunkWidth, keyChannels, valueChannels, decoderChannels]
        .allSatisfy(Self.plausibleWidths.contains)
  }

  /// The pixel grid that frames are padded to: the encoders halve the size four times.
  public static let alignment = 16
}
