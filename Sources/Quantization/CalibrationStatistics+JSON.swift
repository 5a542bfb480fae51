import Files
import Foundation

extension CalibrationStatistics {
  /// The version of the format that this suite writes.
  public static let formatVersion = 1

  /// Reads the statistics in the file at `path`, of which every key must be known.
  ///
  /// Throws `FileError` or ``QuantizationError/malformedStatistics(path:at:expected:found:)``.
  public init(path: String) throws {
    let text = try FileBytes(path: path).withBytes { bytes in
      unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
    }
    let data = Data(text)
    var limits = ReadingLimits.standard
    limits.values = max(1, text.count)
    do {
      try self.init(checking: text, path: path, part: "statistics", limits: limits)
    } catch FileError.malformedJSON(_, _, let reason) {
      throw QuantizationError.malformedStatistics(
        path: path, at: "", expected: "JSON", found: reason)
    } catch let problem as JSONProblem {
      throw QuantizationError.malformedStatistics(
        path: path, at: problem.place, expected: problem.expected, found: problem.found(in: data))
    } catch let error as DecodingError {
      throw QuantizationError.malformedStatistics(
        path: path, at: "", expected: "JSON", found: "\(error.reason)")
    }
  }

  /// The statistics as JSON: sorted keys, and the counts of a histogram on one line.
  public var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      var text = ""
      var followsNumber = false
      for line in String(decoding: try encoder.encode(self), as: UTF8.self).split(separator: "\n") {
        let content = line.drop { $0 == " " }
        let isNumber = content.first.map { $0.isNumber || $0 == "-" } ?? false
        if isNumber {
          text += followsNumber ? " \(content)" : content
        } else {
          text += followsNumber ? content : text.isEmpty ? line : "\n\(line)"
        }
        followsNumber = isNumber
      }
      return text + "\n"
    }
  }
}

extension CalibrationStatistics: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case version, model, clips, settings, programs
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.closedContainer(keyedBy: CodingKeys.self)
    let version: Int = try container.decode(.version, as: "\(Self.formatVersion)")
    guard version == Self.formatVersion else {
      throw JSONProblem(container, .version, expected: "\(Self.formatVersion)")
    }
    self.init(
      model: try container.decode(.model, as: "the fingerprint of a model"),
      settings: try container.decode(.settings, as: "texts by name"))
    let clips: [Clip] = try container.decode(.clips, as: "clips")
    for clip in clips { include(clip, [:]) }
    values = try container.decode(.programs, as: "values by program and name")
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.formatVersion, forKey: .version)
    try container.encode(model, forKey: .model)
    try container.encode(clips, forKey: .clips)
    try container.encode(settings, forKey: .settings)
    try container.encode(values, forKey: .programs)
  }
}

extension CalibrationStatistics.Clip: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case name, frames, width, height, objects
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.closedContainer(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Int {
      let expected = "a whole number from 1"
      let number: Int = try container.decode(key, as: expected)
      guard number >= 1 else { throw JSONProblem(container, key, expected: expected) }
      return number
    }
    self.init(
      name: try container.decode(.name, as: "a name"), frames: try number(.frames),
      width: try number(.width), height: try number(.height), objects: try number(.objects))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(frames, forKey: .frames)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
    try container.encode(objects, forKey: .objects)
  }
}

extension ValueStatistics: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case minimum, maximum, zeros, nonFinite, histogram, range, channels
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.closedContainer(keyedBy: CodingKeys.self)
    histogram = try container.decode(.histogram, as: "a histogram")
    let seen = try container.range(.minimum, .maximum)
    (histogram.minimum, histogram.maximum) = (seen.minimum, seen.maximum)
    histogram.nonFiniteCount = try container.decode(.nonFinite, as: "a count")
    histogram.zeroCount = try container.decode(.zeros, as: "a count")
    guard histogram.zeroCount <= histogram[0] else {
      throw JSONProblem(container, .zeros, expected: "at most the count of bin 0, \(histogram[0])")
    }
    if container.contains(.range) {
      let chosen: ValueRange = try container.decode(.range, as: "a range")
      range = chosen
    }
    if container.contains(.channels) {
      let seen: ChannelStatistics = try container.decode(.channels, as: "statistics of channels")
      channels = seen
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(histogram.minimum, forKey: .minimum)
    try container.encode(histogram.maximum, forKey: .maximum)
    try container.encode(histogram.zeroCount, forKey: .zeros)
    try container.encode(histogram.nonFiniteCount, forKey: .nonFinite)
    try container.encode(histogram, forKey: .histogram)
    try container.encodeIfPresent(range, forKey: .range)
    try container.encodeIfPresent(channels, forKey: .channels)
  }
}

extension ChannelStatistics: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable { case minimum, maximum, mean }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.closedContainer(keyedBy: CodingKeys.self)
    func numbers(_ key: CodingKeys, count: Int?) throws -> [Float] {
      let numbers: [Float] = try container.decodeElements(key, as: "a number that binary32 holds")
      guard numbers.allSatisfy(\.isFinite), numbers.count == count ?? numbers.count else {
        throw JSONProblem(container, key, expected: "\(count ?? numbers.count) finite numbers")
      }
      return numbers
    }
    let minimum = try numbers(.minimum, count: nil)
    let maximum = try numbers(.maximum, count: minimum.count)
    guard zip(minimum, maximum).allSatisfy(<=) else {
      throw JSONProblem(container, .maximum, expected: "numbers of at least the minima")
    }
    self.init(
      minimum: minimum, maximum: maximum, mean: try numbers(.mean, count: minimum.count))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(minimum, forKey: .minimum)
    try container.encode(maximum, forKey: .maximum)
    try container.encode(mean, forKey: .mean)
  }
}

extension ValueRange: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable { case minimum, maximum }

  public init(from decoder: any Decoder) throws {
    self = try decoder.closedContainer(keyedBy: CodingKeys.self).range(.minimum, .maximum)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(minimum, forKey: .minimum)
    try container.encode(maximum, forKey: .maximum)
  }
}

/// The bins alone: what else a histogram knows stands beside it.
extension ValueHistogram: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable { case firstBin, log2Width, counts }

  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.closedContainer(keyedBy: CodingKeys.self)
    let exponents = Self.widthExponents
    let expected = "a whole number from \(exponents.lowerBound) to \(exponents.upperBound)"
    widthExponent = try container.decode(.log2Width, as: expected)
    guard exponents.contains(widthExponent) else {
      throw JSONProblem(container, .log2Width, expected: expected)
    }
    let counts: [UInt64] = try container.decodeElements(
      .counts, as: "a count", atMost: Self.capacity)
    guard !counts.isEmpty else {
      throw JSONProblem(container, .counts, expected: "1 to \(Self.capacity) counts")
    }
    let firsts = 1 - counts.count...0
    let first: Int = try container.decode(.firstBin, as: "a whole number")
    guard firsts.contains(first) else {
      throw JSONProblem(
        container, .firstBin,
        expected: "a whole number from \(firsts.lowerBound) to 0, so that bin 0 is one of the bins")
    }
    bins = first..<first + counts.count
    for (bin, count) in zip(bins, counts) { slots[Self.slot(bin)] = count }
    guard counts.allSatisfy({ $0 <= UInt64(1) << 52 }) else {
      throw JSONProblem(container, .counts, expected: "counts of at most 2^52")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(bins.lowerBound, forKey: .firstBin)
    try container.encode(widthExponent, forKey: .log2Width)
    try container.encode(bins.map { self[$0] }, forKey: .counts)
  }
}

extension KeyedDecodingContainer {
  /// The range between two numbers.
  fileprivate func range(_ low: Key, _ high: Key) throws -> ValueRange {
    let minimum: Float = try decode(low, as: "a number that binary32 holds")
    let maximum: Float = try decode(high, as: "a number that binary32 holds")
    guard minimum.isFinite && maximum.isFinite && minimum <= maximum else {
      throw JSONProblem(self, high, expected: "a number of at least \(minimum)")
    }
    return ValueRange(minimum: minimum, maximum: maximum)
  }
}
