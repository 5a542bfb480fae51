import Foundation

/// A report as JSON: sorted keys, so that the same results give the same bytes.
public protocol JSONReport: Encodable {}

extension JSONReport {
  /// The report's text. Numbers that are not finite are the strings `Infinity`, `-Infinity` and
  /// `NaN`.
  public var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}

/// A value that is `null` in a report where there is none, rather than left out.
struct OrNull<Value: Encodable>: Encodable {
  let value: Value?

  init(_ value: Value?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

/// What a machine gates on.
public enum Verdict: String, Codable, Sendable {
  /// Every gate held.
  case pass
  /// A gate did not hold.
  case fail

  /// The verdict of a gate that held, or did not.
  public init(_ passes: Bool) { self = passes ? .pass : .fail }
}
