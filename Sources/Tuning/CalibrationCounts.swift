import Quantization

/// What a calibration counted over some clips, as one process hands it to another.
public struct CalibrationCounts: Sendable, Codable {
  /// `CalibrationStatistics.json`.
  let statistics: String
  /// What was seen of channels, by program and value: of means the sums.
  let channels: [String: [String: ChannelTotals]]
}

extension Calibration {
  /// What was counted so far. Throws what encoding throws.
  public var counts: CalibrationCounts {
    get throws { CalibrationCounts(statistics: try statistics.json, channels: channels) }
  }
}

extension ChannelTotals: Codable {
  private enum CodingKeys: String, CodingKey { case minimum, maximum, high, low, counts }

  /// Numbers are kept bit by bit: sums in two words, extremes as patterns, for some are infinite.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(minimum.map(\.bitPattern), forKey: .minimum)
    try container.encode(maximum.map(\.bitPattern), forKey: .maximum)
    try container.encode(sums.map { Int64($0 >> 64) }, forKey: .high)
    try container.encode(sums.map { UInt64(truncatingIfNeeded: $0) }, forKey: .low)
    try container.encode(counts, forKey: .counts)
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func words<Word: Decodable>(_ key: CodingKeys) throws -> [Word] {
      try container.decode([Word].self, forKey: key)
    }
    let (low, high): ([UInt64], [Int64]) = (try words(.low), try words(.high))
    minimum = try words(.minimum).map(Float.init(bitPattern:))
    maximum = try words(.maximum).map(Float.init(bitPattern:))
    sums = zip(high, low).map { Int128($0) << 64 | Int128($1) }
    counts = try words(.counts)
    guard [minimum.count, maximum.count, low.count, high.count].allSatisfy({ $0 == counts.count })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .counts, in: container, debugDescription: "lists of different lengths")
    }
  }
}
