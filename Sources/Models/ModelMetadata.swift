import Foundation
public import Quantization
public import STMModel

/// What a model file says of itself in its `__metadata__`.
///
/// | key | value |
/// |---|---|
/// | `stm.format` | `1` |
/// | `stm.configuration` | the configuration as JSON |
/// | `stm.precision` | `fp32`, `fp16`, `bf16` or `int8` |
/// | `stm.provenance` | JSON: each source file's name, size and SHA-256, and the command's settings |
public struct ModelMetadata: Sendable, Hashable {
  /// The version of the format that this suite writes.
  public static let formatVersion = "1"

  /// The configuration, if the file states it.
  public let configuration: STMConfiguration?
  /// The precision; binary32 if the file does not state it.
  public let precision: Precision
  /// Where the weights came from.
  public let provenance: Provenance?

  /// The description of a model about to be written.
  public init(configuration: STMConfiguration, precision: Precision, provenance: Provenance) {
    self.configuration = configuration
    self.precision = precision
    self.provenance = provenance
  }

  /// Reads the description of the file at `path`. Throws ``ModelError/metadata(path:key:expected:found:)``.
  init(_ metadata: [String: String], path: String) throws {
    func malformed(_ key: String, _ expected: String) -> ModelError {
      .metadata(path: path, key: key, expected: expected, found: metadata[key] ?? "")
    }
    if let version = metadata["stm.format"], version != Self.formatVersion {
      throw malformed("stm.format", Self.formatVersion)
    }
    configuration = try metadata["stm.configuration"].map { text in
      guard
        let value = try? JSONDecoder().decode(STMConfiguration.self, from: Data(text.utf8)),
        value.isPlausible
      else { throw malformed("stm.configuration", "a configuration of positive widths") }
      return value
    }
    precision =
      try metadata["stm.precision"].map { text in
        guard let value = Precision(rawValue: text) else {
          throw malformed(
            "stm.precision", Precision.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return value
      } ?? .float32
    provenance = try metadata["stm.provenance"].map { text in
      guard let value = try? JSONDecoder().decode(Provenance.self, from: Data(text.utf8)) else {
        throw malformed("stm.provenance", "sources and settings")
      }
      return value
    }
  }

  /// The description as the file's metadata.
  public var entries: [String: String] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      var entries = ["stm.format": Self.formatVersion, "stm.precision": precision.rawValue]
      if let configuration {
        entries["stm.configuration"] = String(
          decoding: try encoder.encode(configuration), as: UTF8.self)
      }
      if let provenance {
        entries["stm.provenance"] = String(
          decoding: try encoder.encode(provenance), as: UTF8.self)
      }
      return entries
    }
  }
}
