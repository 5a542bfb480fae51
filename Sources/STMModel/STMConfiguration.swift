/// What a residual block of the decoder adds to the result of its convolutions.
public enum ResidualSkip: String, Sendable, Hashable, Codable, CaseIterable {
  /// The value that the block is given, as published.
  case raw
  /// That value after its ReLU, which is what a ReLU in place leaves; some training programs have
  /// it.
  case rectified
}

/// The widths and depths of a space-time memory network; everything else follows from them.
public struct STMConfiguration: Sendable, Hashable, CustomStringConvertible {
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
  /// What the decoder's residual blocks add.
  public var residual: ResidualSkip

  /// A configuration; every number must be at least 1, and there are three stages.
  public init(
    trunkWidth: Int, blocks: [Int], keyChannels: Int, valueChannels: Int, decoderChannels: Int,
    residual: ResidualSkip = .raw
  ) {
    self.trunkWidth = trunkWidth
    self.blocks = blocks
    self.keyChannels = keyChannels
    self.valueChannels = valueChannels
    self.decoderChannels = decoderChannels
    self.residual = residual
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
      + "decoder \(decoderChannels)" + (residual == .raw ? "" : ", residual \(residual.rawValue)")
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

extension STMConfiguration: Codable {
  private enum CodingKeys: String, CodingKey {
    case trunkWidth, blocks, keyChannels, valueChannels, decoderChannels, residual
  }

  /// Decodes the numbers; `residual` is raw where it is not said.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      trunkWidth: try values.decode(Int.self, forKey: .trunkWidth),
      blocks: try values.decode([Int].self, forKey: .blocks),
      keyChannels: try values.decode(Int.self, forKey: .keyChannels),
      valueChannels: try values.decode(Int.self, forKey: .valueChannels),
      decoderChannels: try values.decode(Int.self, forKey: .decoderChannels),
      residual: try values.decodeIfPresent(ResidualSkip.self, forKey: .residual) ?? .raw)
  }

  /// Encodes the numbers, and `residual` where it is not raw.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(trunkWidth, forKey: .trunkWidth)
    try values.encode(blocks, forKey: .blocks)
    try values.encode(keyChannels, forKey: .keyChannels)
    try values.encode(valueChannels, forKey: .valueChannels)
    try values.encode(decoderChannels, forKey: .decoderChannels)
    if residual != .raw { try values.encode(residual, forKey: .residual) }
  }
}
