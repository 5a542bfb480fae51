import Files
import Foundation

/// A plan as model files and `stm-quantize --plan` hold it (`Schemas/precision-plan.schema.json`):
///
///     {"standard": "int8", "exceptions": {"Decoder.pred2": "fp16"},
///      "memory": {"memory_keys": "int8", "memory_values": "int8"}}
///
/// `exceptions` and `memory` may be absent.
extension PrecisionPlan {
  private struct Text: Codable {
    var standard: String
    var exceptions: [String: String]?
    var memory: [String: String]?
  }

  /// The most bytes of a plan's text.
  static let maximumBytes = 1 << 18

  /// Reads the plan in the file at `path`.
  ///
  /// Throws `FileError` or ``QuantizationError/plan(source:problems:)``.
  public init(path: String) throws {
    let file = try FileBytes(path: path)
    guard file.count <= Self.maximumBytes else {
      throw QuantizationError.plan(
        source: path,
        problems: ["expected at most \(Self.maximumBytes) bytes, found \(file.count)"])
    }
    let bytes = file.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
    try self.init(json: String(decoding: bytes, as: UTF8.self), source: path)
  }

  /// Reads a plan from `json`, which is of `source`.
  ///
  /// Throws ``QuantizationError/plan(source:problems:)`` with everything that is wrong.
  public init(json: String, source: String) throws {
    guard let text = try? Text(checking: Array(json.utf8), path: source, part: "precision plan")
    else {
      throw QuantizationError.plan(
        source: source,
        problems: [
          "expected a JSON object of a precision 'standard' and objects of precisions 'exceptions' "
            + "and 'memory'"
        ])
    }
    var problems: [String] = []
    func precision(_ text: String, _ name: String) -> Precision {
      guard let precision = Precision(rawValue: text) else {
        let known = Precision.allCases.map(\.rawValue).joined(separator: ", ")
        problems.append("\(name): expected one of \(known), found '\(text)'")
        return .float32
      }
      return precision
    }
    func precisions(_ texts: [String: String]?, _ kind: String) -> [String: Precision] {
      let sorted = (texts ?? [:]).sorted { $0.key < $1.key }
      return Dictionary(
        uniqueKeysWithValues: sorted.map { ($0, precision($1, "\(kind) '\($0)'")) })
    }
    self.init(
      precision(text.standard, "standard"), exceptions: precisions(text.exceptions, "layer"),
      memories: precisions(text.memory, "memory"))
    let known = Set(["standard", "exceptions", "memory"]).union(exceptions.keys).union(
      memories.keys)
    let counts = Dictionary(Self.names(in: json).map { ($0, 1) }, uniquingKeysWith: +)
    for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
      if !known.contains(name) {
        problems.append("name '\(name)': expected standard, exceptions or memory")
      } else if count > 1 {
        problems.append("name '\(name)': expected it once, found it \(count) times")
      }
    }
    guard problems.isEmpty else {
      throw QuantizationError.plan(source: source, problems: problems)
    }
  }

  /// The plan as JSON on one line, keys sorted.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = Text(
      standard: standard.rawValue, exceptions: exceptions.mapValues(\.rawValue),
      memory: memories.mapValues(\.rawValue))
    guard let data = try? encoder.encode(text) else { preconditionFailure("texts have JSON") }
    return String(decoding: data, as: UTF8.self)
  }

  /// The names of all members in `json`, as often as they are there: a decoder keeps one of several.
  private static func names(in json: String) -> [String] {
    json.matches(of: /("(?:[^"\\]|\\.)*")\s*:/).map { match in
      (try? JSONDecoder().decode(String.self, from: Data(match.1.utf8))) ?? String(match.1)
    }
  }
}
