public import Files
import Foundation

extension CalibrationStatistics {
  /// The version of the format that this suite writes.
  public static let formatVersion = 1

  private static let part = "calibration statistics"

  /// Reads the statistics in the file at `path`, of which every key must be known and stand once.
  ///
  /// Throws `FileError` or ``QuantizationError/malformedStatistics(path:at:expected:found:)``.
  public init(path: String, limits: ReadingLimits = .standard) throws {
    let file = try FileBytes(path: path)
    try limits.check(.headerBytes, file.count, of: Self.part, in: path)
    let text = file.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) } }
    try self.init(json: text, source: path, limits: limits)
  }

  /// Parses ``json``, which is from `source`.
  ///
  /// Throws ``QuantizationError/malformedStatistics(path:at:expected:found:)``, or what limits throw.
  public init(json text: [UInt8], source: String, limits: ReadingLimits = .standard) throws {
    let value = try JSONParser.value(of: text, path: source, part: Self.part, limits: limits)
    try self.init(PlacedValue(value, path: source), source: source)
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

extension CalibrationStatistics: Encodable {
  private enum CodingKeys: String, CodingKey {
    case version, model, clips, settings, programs
  }

  fileprivate init(_ json: PlacedValue, source: String) throws(QuantizationError) {
    try json.check(["version", "model", "clips", "settings", "programs"])
    let version = Self.formatVersion
    _ = try json["version"].integer(in: version...version, as: "\(version)")
    var settings: [String: String] = [:]
    for (name, value) in try json["settings"].members(as: "texts by name") {
      settings[name] = try value.text(as: "texts by name")
    }
    self.init(
      model: try json["model"].text(as: "the fingerprint of a model"), settings: settings,
      source: source)
    for clip in try json["clips"].elements() { include(try Clip(clip), [:]) }
    let expected = "values by program and name"
    for (program, members) in try json["programs"].members(as: expected) {
      var seen: [String: ValueStatistics] = [:]
      for (name, value) in try members.members(as: expected) {
        seen[name] = try ValueStatistics(value)
      }
      values[program] = seen
    }
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

extension CalibrationStatistics.Clip: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name, frames, width, height, objects
  }

  fileprivate init(_ json: PlacedValue) throws(QuantizationError) {
    try json.check(["name", "frames", "width", "height", "objects"])
    func number(_ key: String) throws(QuantizationError) -> Int {
      try json[key].integer(in: 1...Int.max, as: "a whole number from 1")
    }
    self.init(
      name: try json["name"].text(as: "a name"), frames: try number("frames"),
      width: try number("width"), height: try number("height"), objects: try number("objects"))
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

extension ValueStatistics: Encodable {
  private enum CodingKeys: String, CodingKey {
    case minimum, maximum, zeros, nonFinite, histogram, range, channels
  }

  fileprivate init(_ json: PlacedValue) throws(QuantizationError) {
    try json.check([
      "minimum", "maximum", "zeros", "nonFinite", "histogram", "range", "channels",
    ])
    histogram = try ValueHistogram(json["histogram"])
    let seen = try json.range()
    (histogram.minimum, histogram.maximum) = (seen.minimum, seen.maximum)
    histogram.nonFiniteCount = UInt64(
      try json["nonFinite"].integer(in: 0...ValueHistogram.mostCounted, as: "a count"))
    histogram.zeroCount = UInt64(
      try json["zeros"].integer(in: 0...ValueHistogram.mostCounted, as: "a count"))
    guard histogram.zeroCount <= histogram[0] else {
      throw json["zeros"].malformed("at most the count of bin 0, \(histogram[0])")
    }
    if json["range"].value != nil { range = try ValueRange(json["range"]) }
    if json["channels"].value != nil { channels = try ChannelStatistics(json["channels"]) }
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

extension ChannelStatistics: Encodable {
  private enum CodingKeys: String, CodingKey { case minimum, maximum, mean }

  fileprivate init(_ json: PlacedValue) throws(QuantizationError) {
    try json.check(["minimum", "maximum", "mean"])
    func numbers(_ key: String, count: Int?) throws(QuantizationError) -> [Float] {
      var numbers: [Float] = []
      for element in try json[key].elements() { numbers.append(try element.float()) }
      guard numbers.count == count ?? numbers.count else {
        throw json[key].malformed("\(count ?? numbers.count) finite numbers")
      }
      return numbers
    }
    let minimum = try numbers("minimum", count: nil)
    let maximum = try numbers("maximum", count: minimum.count)
    guard zip(minimum, maximum).allSatisfy(<=) else {
      throw json["maximum"].malformed("numbers of at least the minima")
    }
    self.init(
      minimum: minimum, maximum: maximum, mean: try numbers("mean", count: minimum.count))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(minimum, forKey: .minimum)
    try container.encode(maximum, forKey: .maximum)
    try container.encode(mean, forKey: .mean)
  }
}

extension ValueRange: Encodable {
  private enum CodingKeys: String, CodingKey { case minimum, maximum }

  fileprivate init(_ json: PlacedValue) throws(QuantizationError) {
    try json.check(["minimum", "maximum"])
    self = try json.range()
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(minimum, forKey: .minimum)
    try container.encode(maximum, forKey: .maximum)
  }
}

/// The bins alone: what else a histogram knows stands beside it.
extension ValueHistogram: Encodable {
  private enum CodingKeys: String, CodingKey { case firstBin, log2Width, counts }

  fileprivate init(_ json: PlacedValue) throws(QuantizationError) {
    self.init()
    try json.check(["firstBin", "log2Width", "counts"])
    let exponents = Self.widthExponents
    widthExponent = try json["log2Width"].integer(
      in: exponents,
      as: "a whole number from \(exponents.lowerBound) to \(exponents.upperBound)")
    var counts: [Int] = []
    for count in try json["counts"].elements(atMost: Self.capacity) {
      counts.append(try count.integer(in: 0...Int.max, as: "a count"))
    }
    guard !counts.isEmpty else {
      throw json["counts"].malformed("1 to \(Self.capacity) counts")
    }
    guard counts.allSatisfy({ $0 <= Self.mostCounted }) else {
      throw json["counts"].malformed("counts of at most 2^52")
    }
    let firsts = 1 - counts.count...0
    let first = try json["firstBin"].integer(
      in: firsts,
      as: "a whole number from \(firsts.lowerBound) to 0, so that bin 0 is one of the bins")
    bins = first..<first + counts.count
    for (bin, count) in zip(bins, counts) { slots[Self.slot(bin)] = UInt64(count) }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(bins.lowerBound, forKey: .firstBin)
    try container.encode(widthExponent, forKey: .log2Width)
    try container.encode(bins.map { self[$0] }, forKey: .counts)
  }
}
