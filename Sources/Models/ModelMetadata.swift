import Files
import Foundation
public import Quantization
public import STMModel

/// What a model file says of itself in its `__metadata__`.
///
/// | key | value |
/// |---|---|
/// | `stm.format` | `2` where layers are in int8, else `1` |
/// | `stm.configuration` | the configuration as JSON |
/// | `stm.precision` | the name of the plan: `fp32`, `fp16`, `bf16`, `int8`, `w8` or `mixed` |
/// | `stm.plan` | where layers or memories have exceptions: the plan as JSON (`PrecisionPlan.json`) |
/// | `stm.provenance` | JSON: each source file's name, size and SHA-256, and the command's settings |
public struct ModelMetadata: Sendable, Hashable {
  /// The versions of the format.
  enum Format: String, CaseIterable {
    /// For files without int8 layers. Where it was used for such, they held the convolutions of a
    /// frame and of masks apart, and read frames normalized.
    case plain = "1"
    /// For files with int8 layers.
    case integer = "2"
  }

  /// The configuration, if the file states it.
  public let configuration: STMConfiguration?
  /// The precisions; binary32 alone if the file does not state them.
  public let plan: PrecisionPlan
  /// Where the weights came from.
  public let provenance: Provenance?

  /// The description of a model about to be written.
  public init(configuration: STMConfiguration, plan: PrecisionPlan, provenance: Provenance) {
    self.configuration = configuration
    self.plan = plan
    self.provenance = provenance
  }

  /// Reads the description of the file at `path`.
  ///
  /// Throws ``ModelError/metadata(path:key:expected:found:)`` or `QuantizationError.plan`.
  init(_ metadata: [String: String], path: String) throws {
    func malformed(_ key: String, _ expected: String) -> ModelError {
      .metadata(path: path, key: key, expected: expected, found: metadata[key] ?? "")
    }
    let format = metadata["stm.format"].map(Format.init(rawValue:))
    if case .some(nil) = format {
      throw malformed("stm.format", Format.allCases.map(\.rawValue).joined(separator: " or "))
    }
    configuration = try metadata["stm.configuration"].map { text in
      guard
        let value = try? STMConfiguration(
          checking: Array(text.utf8), path: path, part: "stm.configuration"),
        value.isPlausible
      else { throw malformed("stm.configuration", "a configuration of positive widths") }
      return value
    }
    let name = metadata["stm.precision"]
    if let text = metadata["stm.plan"] {
      plan = try PrecisionPlan(json: text, source: path)
      guard name == plan.name else {
        throw malformed("stm.precision", "\(plan.name) as in stm.plan")
      }
    } else if name == PrecisionPlan.mixed {
      throw malformed("stm.plan", "the plan of a mixed model")
    } else {
      plan = PrecisionPlan(
        try name.map { text in
          guard let value = Precision(rawValue: text) else {
            let known = Precision.allCases.map(\.rawValue) + [PrecisionPlan.mixed]
            throw malformed("stm.precision", known.joined(separator: ", "))
          }
          return value
        } ?? .float32)
    }
    if format == .plain, plan.hasIntegerLayers {
      throw ModelError.formerLayout(path: path)
    }
    provenance = try metadata["stm.provenance"].map { text in
      guard
        let value = try? Provenance(
          checking: Array(text.utf8), path: path, part: "stm.provenance")
      else {
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
      var entries = ["stm.precision": plan.name]
      let format: Format = plan.hasIntegerLayers ? .integer : .plain
      entries["stm.format"] = format.rawValue
      if plan != PrecisionPlan(plan.standard) { entries["stm.plan"] = plan.json }
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
