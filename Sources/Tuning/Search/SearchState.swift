import Files
import Foundation

/// What a search has measured, kept in a file so that it need not be measured again.
///
/// What was measured depends on the model, the clips and how plans are made of the model, which the
/// file names, but not on the constraints: the same state serves a search under others.
public struct SearchState: Sendable {
  /// What the measurements depend on, by name.
  public let origin: [String: String]

  private let path: String?
  private var measured: [String: PlanQuality] = [:]

  private struct Text: Codable {
    let version: Int
    let origin: [String: String]
    let measured: [String: PlanQuality]
  }

  private static let version = 1

  /// The state in the file at `path`, which is written with ``save()`` and need not be there yet; nil:
  /// none is kept.
  ///
  /// Throws `FileError`, or ``TuningError/state(path:what:expected:found:)`` where the file is
  /// something else or of another `origin`.
  public init(path: String?, origin: [String: String]) throws {
    self.path = path
    self.origin = origin
    guard let path, FileManager.default.fileExists(atPath: path) else { return }
    let data = try FileBytes(path: path).withBytes { bytes in
      unsafe bytes.withUnsafeBytes { unsafe Data($0) }
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    guard let text = try? decoder.decode(Text.self, from: data),
      text.measured.values.allSatisfy({ !$0.clips.isEmpty })
    else {
      throw TuningError.state(
        path: path, what: "contents", expected: "what a search wrote", found: "something else")
    }
    guard text.version == Self.version else {
      throw TuningError.state(
        path: path, what: "version", expected: "\(Self.version)", found: "\(text.version)")
    }
    for name in Set(origin.keys).union(text.origin.keys).sorted()
    where origin[name] != text.origin[name] {
      throw TuningError.state(
        path: path, what: name, expected: origin[name] ?? "none",
        found: text.origin[name] ?? "none")
    }
    measured = text.measured
  }

  /// The quality that was measured as `name`, or what `measure` returns. Throws what it throws.
  public mutating func quality(
    _ name: String, measure: () throws -> PlanQuality
  ) rethrows -> PlanQuality {
    if let known = measured[name] { return known }
    let quality = try measure()
    measured[name] = quality
    return quality
  }

  /// Writes the file, if there is one. Throws `FileError`.
  public func save() throws {
    guard let path else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    let text = Text(version: Self.version, origin: origin, measured: measured)
    try AtomicFile.write(Array(try encoder.encode(text)) + [UInt8(ascii: "\n")], to: path)
  }
}
