public import Networks

/// What calibration saw of one value at one place of the network.
public struct ValueStatistics: Sendable, Hashable {
  /// Its elements.
  public var histogram: ValueHistogram
  /// The range to use whatever the method says, where somebody decided on one.
  public var range: ValueRange?
  /// Its channels, where they were looked at.
  public var channels: ChannelStatistics?

  /// Statistics of nothing.
  public init() { histogram = ValueHistogram() }

  /// The statistics of `values`.
  public init(of values: [Float]) { histogram = ValueHistogram(of: values) }
}

/// What calibration saw of a network's values over clips, by program and by value, and what was
/// run.
///
/// Quantization takes a range from it by a ``RangeMethod``; ``CalibrationStatistics/json`` is the
/// form in which it is kept (`Schemas/calibration-statistics.schema.json`).
public struct CalibrationStatistics: Sendable, Hashable {
  /// A clip that was segmented.
  public struct Clip: Sendable, Hashable {
    /// The name of its folder.
    public let name: String
    /// The number of frames.
    public let frames: Int
    /// The size of the frames that were run, in pixels.
    public let width: Int, height: Int
    /// The number of objects.
    public let objects: Int

    /// A clip.
    public init(name: String, frames: Int, width: Int, height: Int, objects: Int) {
      self.name = name
      self.frames = frames
      self.width = width
      self.height = height
      self.objects = objects
    }
  }

  /// Where the statistics are from, for messages: the file; or `calibration`, of this process.
  public let source: String
  /// The fingerprint of the model that was run (`Model.fingerprint`); empty where none was.
  public let model: String
  /// The clips, in the order of their names: statistics do not depend on that in which they ran.
  public private(set) var clips: [Clip] = []
  /// The command's settings that decided the result, by name.
  public var settings: [String: String]
  /// The statistics by program name and value name.
  public var values: [String: [String: ValueStatistics]] = [:]

  /// Statistics of nothing, for the model with the fingerprint `model`, or for none.
  public init(
    model: String = "", settings: [String: String] = [:], source: String = "calibration"
  ) {
    self.source = source
    self.model = model
    self.settings = settings
  }

  /// Adds `clip`, and what was seen of each value over it, by program and name; `channels` are those
  /// of all clips so far.
  public mutating func include(
    _ clip: Clip, _ seen: [String: [String: ValueHistogram]],
    channels: [String: [String: ChannelStatistics]] = [:]
  ) {
    include([clip])
    for (program, histograms) in seen {
      for (value, histogram) in histograms {
        values[program, default: [:]][value, default: ValueStatistics()].histogram.merge(histogram)
      }
    }
    replace(channels)
  }

  /// Adds the clips of `other`, and what was seen of each value over them; `channels` are those of all
  /// clips so far.
  public mutating func include(
    _ other: CalibrationStatistics, channels: [String: [String: ChannelStatistics]]
  ) {
    include(other.clips)
    for (program, seen) in other.values {
      for (value, seen) in seen {
        values[program, default: [:]][value, default: ValueStatistics()]
          .histogram.merge(seen.histogram)
      }
    }
    replace(channels)
  }

  private mutating func include(_ clips: [Clip]) {
    self.clips += clips
    self.clips.sort {
      ($0.name, $0.frames, $0.width, $0.height, $0.objects)
        < ($1.name, $1.frames, $1.width, $1.height, $1.objects)
    }
  }

  private mutating func replace(_ channels: [String: [String: ChannelStatistics]]) {
    for (program, channels) in channels {
      for (value, channels) in channels {
        values[program, default: [:]][value, default: ValueStatistics()].channels = channels
      }
    }
  }

  /// How the integers of `value` of `program` lie around 0: as those of images where it is one, never
  /// negative where it was never negative, else asymmetric.
  ///
  /// Throws ``QuantizationError/noStatistics(program:value:source:)``.
  public func scheme(of value: String, in program: Program) throws -> ActivationScheme {
    if program.isImage(value) { return .image }
    let owner = program.quantizationOwner(of: value)
    let seen = try statistics(of: owner, in: program)
    return seen.range?.minimum ?? seen.histogram.minimum >= 0 ? .nonNegative : .asymmetric
  }

  /// How `value` of `program` is held as 8-bit integers: by its ``ActivationScheme``, over the
  /// range that `method` finds or that somebody decided on, its channels scaled as `equalization`
  /// says; what a ReLU makes of another value keeps that one's scale with zero point 0; images need no statistics.
  ///
  /// Throws ``QuantizationError/noStatistics(program:value:source:)``,
  /// ``QuantizationError/unscalable(program:value:found:source:)``, or
  /// ``QuantizationError/nonFinite(program:value:count:source:)`` where no range was decided on and the
  /// value was not finite.
  public func quantization(
    of value: String, in program: Program, method: RangeMethod = .minmax,
    equalization: Equalization = .none
  ) throws -> AffineQuantization {
    if program.isImage(value) { return .image }
    let owner = program.quantizationOwner(of: value)
    let seen = try statistics(of: owner, in: program)
    let scheme = try scheme(of: value, in: program)
    let quantization: AffineQuantization
    if let range = try equalization.range(of: owner, in: program, self) ?? seen.range {
      quantization = scheme.quantization(of: range)
    } else {
      guard seen.histogram.nonFiniteCount == 0 else {
        throw QuantizationError.nonFinite(
          program: program.name, value: owner, count: seen.histogram.nonFiniteCount,
          source: source)
      }
      quantization = scheme.quantization(of: method.range(of: seen.histogram, for: scheme))
    }
    return program.isRectified(value, from: owner) ? quantization.rectified : quantization
  }

  /// Checks that every value is one of `programs`, which tells misspelt names.
  ///
  /// Throws ``QuantizationError/unknownValue(program:value:source:)``.
  public func check(against programs: [Program]) throws(QuantizationError) {
    for (name, values) in values.sorted(by: { $0.key < $1.key }) {
      let program = programs.first { $0.name == name }
      let known = Set((program?.inputs ?? []) + (program?.steps.map(\.name) ?? []))
      if let value = values.keys.sorted().first(where: { !known.contains($0) }) {
        throw .unknownValue(program: name, value: value, source: source)
      }
    }
  }

  /// What was seen of the `count` channels of `value` of `program`.
  ///
  /// Throws ``QuantizationError/channels(program:value:expected:found:source:)`` or
  /// ``QuantizationError/nonFinite(program:value:count:source:)``.
  func channels(
    of value: String, in program: Program, count: Int
  ) throws(QuantizationError) -> ChannelStatistics {
    let seen = values[program.name]?[value]
    if let count = seen?.histogram.nonFiniteCount, count > 0 {
      throw .nonFinite(program: program.name, value: value, count: count, source: source)
    }
    let channels = seen?.channels
    guard let channels, channels.count == count else {
      throw .channels(
        program: program.name, value: value, expected: count, found: channels?.count ?? 0,
        source: source)
    }
    return channels
  }

  func statistics(of owner: String, in program: Program) throws -> ValueStatistics {
    guard let seen = values[program.name]?[owner],
      seen.range != nil || seen.histogram.count + seen.histogram.nonFiniteCount > 0
    else {
      throw QuantizationError.noStatistics(
        program: program.name, value: owner, source: source)
    }
    return seen
  }
}

extension CalibrationStatistics {
  /// Whether both say the same, wherever they are from.
  public static func == (one: CalibrationStatistics, other: CalibrationStatistics) -> Bool {
    one.model == other.model && one.clips == other.clips && one.settings == other.settings
      && one.values == other.values
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(model)
    hasher.combine(clips)
    hasher.combine(settings)
    hasher.combine(values)
  }
}
