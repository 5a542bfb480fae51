public import Networks

/// The range that a value took over calibration clips; it always contains 0.
public struct ValueRange: Sendable, Hashable, Codable {
  /// The smallest value seen, at most 0.
  public private(set) var minimum: Float = 0
  /// The largest value seen, at least 0.
  public private(set) var maximum: Float = 0

  /// The range of nothing: 0 to 0.
  public init() {}

  /// Widens the range to hold every finite element of `values`.
  public mutating func include(_ values: [Float]) {
    var (low, high) = (minimum, maximum)
    for value in values {
      let finite = value.isFinite ? value : 0
      low = finite < low ? finite : low
      high = finite > high ? finite : high
    }
    (minimum, maximum) = (low, high)
  }

  /// The range of both.
  public func union(_ other: ValueRange) -> ValueRange {
    var union = self
    union.include([other.minimum, other.maximum])
    return union
  }
}

/// The ranges of a network's values over calibration clips: by program, then by value.
public struct CalibrationStatistics: Sendable, Hashable, Codable {
  /// The ranges by program name and value name.
  public var ranges: [String: [String: ValueRange]] = [:]

  /// Statistics of nothing.
  public init() {}

  /// How `value` of `program` is held as 8-bit integers: unsigned with zero point 0 where it was
  /// never negative, signed with zero point 0 where it is added as a residual, else unsigned with
  /// a zero point.
  ///
  /// Throws ``QuantizationError/noStatistics(program:value:)``.
  public func quantization(of value: String, in program: Program) throws -> AffineQuantization {
    let owner = program.quantizationOwner(of: value)
    guard let range = ranges[program.name]?[owner] else {
      throw QuantizationError.noStatistics(program: program.name, value: owner)
    }
    if range.minimum >= 0 { return .nonNegative(maximum: range.maximum) }
    let isResidual = program.steps.contains { $0.addsResidual && $0.inputs.last == owner }
    return isResidual
      ? .symmetric(magnitude: max(range.maximum, -range.minimum))
      : .asymmetric(minimum: range.minimum, maximum: range.maximum)
  }
}
