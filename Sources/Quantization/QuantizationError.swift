public import Files

/// What can keep a model from being quantized, or a quantized model from being understood.
public enum QuantizationError: DiagnosticError, Equatable {
  /// Calibration saw nothing of a value.
  case noStatistics(program: String, value: String, source: String = "calibration")
  /// Statistics say nothing of a value's channels, or of another number of them.
  case channels(
    program: String, value: String, expected: Int, found: Int, source: String = "calibration")
  /// The channels of a value are so large, `found`, that scaling them would not leave them finite.
  case unscalable(program: String, value: String, found: Float, source: String = "calibration")
  /// Calibration saw elements of a value that are infinite or not a number.
  case nonFinite(program: String, value: String, count: UInt64, source: String = "calibration")
  /// Statistics are of a value that the network does not have.
  case unknownValue(program: String, value: String, source: String = "calibration")
  /// A file of statistics holds something else at a place of its JSON than the format asks for.
  case malformedStatistics(path: String, at: String, expected: String, found: String)
  /// A weight cannot be held in a precision.
  case overflow(tensor: String, source: String, precision: Precision, value: Float)
  /// A tensor of a quantized model holds something else than the format asks for.
  case malformed(tensor: String, source: String, expected: String, found: String)
  /// A precision plan cannot be understood, or is not one for the network.
  case plan(source: String, problems: [String])
  /// A pattern of layers to keep selects none.
  case noLayer(_ kept: String, nearest: [String])

  public var description: String {
    switch self {
    case .noStatistics(let program, let value, let source):
      "\(source): expected a range for value '\(value)' of program '\(program)', found none"
    case .channels(let program, let value, let expected, let found, let source):
      "\(source): value '\(value)' of program '\(program)': expected statistics of \(expected) channels, found \(found)"
    case .unscalable(let program, let value, let found, let source):
      "\(source): value '\(value)' of program '\(program)': expected channels that are finite when they are scaled, found \(found)"
    case .nonFinite(let program, let value, let count, let source):
      "\(source): value '\(value)' of program '\(program)': expected finite elements, found \(count) that are not"
    case .unknownValue(let program, let value, let source):
      "\(source): expected values of the network, found '\(value)' of program '\(program)'"
    case .malformedStatistics(let path, let place, let expected, let found):
      "\(path): \(place.isEmpty ? "" : "\(place): ")expected \(expected), found \(found)"
    case .overflow(let tensor, let source, let precision, let value):
      "\(source): tensor '\(tensor)': expected weights that \(precision.rawValue) can hold, found \(value)"
    case .malformed(let tensor, let source, let expected, let found):
      "\(source): tensor '\(tensor)': expected \(expected), found \(found)"
    case .plan: lines.listed
    case .noLayer(let kept, let nearest):
      "'\(kept)': expected a pattern of layers that can have this precision, found none that fits"
        + (nearest.isEmpty
          ? "" : "; near: " + nearest.map { "'\($0)'" }.joined(separator: ", "))
    }
  }

  public var lines: [String] {
    guard case .plan(let source, let problems) = self else { return [description] }
    return problems.count == 1
      ? ["\(source): precision plan: \(problems[0])"]
      : ["\(source): precision plan: \(problems.count) problems"] + problems
  }

  public var fault: Fault {
    if case .noLayer = self { .usage } else { .malformedInput }
  }

  public var hint: String {
    switch self {
    case .noStatistics: "calibrate on a clip of at least two frames"
    case .channels, .unscalable:
      "calibrate again, or leave the repairs out with --no-equalize --bias-correction none"
    case .nonFinite:
      "find where it starts with: stm-quantize check MODEL --precision fp16 --clip CLIP; or decide on a range in the statistics of stm-quantize calibrate"
    case .unknownValue: "compare the name with those that stm-quantize calibrate writes"
    case .malformedStatistics:
      "see Schemas/calibration-statistics.schema.json, or write it again with stm-quantize calibrate"
    case .overflow: "look for damage with stm-convert inspect, or choose another precision"
    case .malformed: "write the model again with stm-quantize"
    case .plan, .noLayer: "list the layers and their precisions with: stm-quantize plan MODEL"
    }
  }
}
