import Files
import Networks

/// A user's own rules for the tensors of an export (`Schemas/mapping-rules.schema.json`).
///
///     rules:
///       - from: backbone.layer1.**        # a glob, whose stars are $1, $2, ..., or re:EXPRESSION
///         to: Encoder_Q.res2.$1           # $(1-1) is a captured number less one
///         file: query.onnx                # only in this file; may be left out
///         axes: [3, 2, 0, 1]              # the order that makes it [out, in, kh, kw]
///       - from: stem.weight
///         axis: 1
///         split: [{to: Encoder_M.conv1.weight, count: 3}, {to: Encoder_M.conv1_m.weight, count: 1}]
///       - concatenate: [head.object.weight, head.background.weight]
///         axis: 0
///         to: Decoder.pred2.weight
///       - from: ema.**
///         ignore: moving averages
///
/// Of the rules whose patterns fit a tensor's name the first holds. YAML's anchors may stand there, its
/// aliases (`*name` where `&name` is) may not: a few lines of them mean millions of values.
public struct MappingRules: Sendable {
  /// What a rule does with the tensors that it is for.
  enum Action: Sendable {
    case rename(NameTemplate, axes: [Int]?)
    case split(axis: Int, [(template: NameTemplate, count: Int)])
    case concatenate([String], axis: Int, to: String)
    case ignore(String)
  }

  /// One rule.
  struct Rule: Sendable {
    /// The names that it is for; nil for a rule that lists tensors.
    let pattern: NamePattern?
    /// The last component of the path of the only file that it is for; nil for all.
    let file: String?
    let action: Action
  }

  /// The rules in order.
  let rules: [Rule]

  /// Reads the rules at `path`. Throws ``MappingError`` or `FileError`.
  public init(path: String) throws {
    let file = try FileBytes(path: path)
    guard file.count <= Self.maximumBytes else {
      throw MappingError.malformedRules(
        path: path, line: 1,
        reason: "expected at most \(Self.maximumBytes) bytes, found \(file.count)")
    }
    let bytes = file.withBytes { bytes in
      unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw MappingError.malformedRules(path: path, line: 1, reason: "expected UTF-8 text")
    }
    try self.init(yaml: text, path: path)
  }

  /// Parses `yaml`; `path` is for messages. Throws ``MappingError``.
  init(yaml: String, path: String) throws(MappingError) {
    let reader = RulesReader(path: path)
    rules = try reader.rules(in: yaml)
  }

  /// The most bytes of a file of rules; every node of YAML takes some microseconds.
  static let maximumBytes = 131_072
}
