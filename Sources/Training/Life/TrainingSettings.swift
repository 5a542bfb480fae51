import Files
import Foundation

/// Everything that decides what comes of a training, by name: a training that goes on must have the
/// same.
public struct TrainingSettings: Sendable, Hashable, Codable {
  /// The settings: `optimizer.epsilon` is `1e-08`.
  public let values: [String: String]

  /// The settings in `parts`, each under its name: a part that is an object gives a setting for each
  /// of its members, all the way down, an array one for each element.
  ///
  /// Throws what encoding throws.
  public init(_ parts: [String: any Encodable & Sendable]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var values: [String: String] = [:]
    for (name, part) in parts {
      let text = Array(try encoder.encode(part))
      Self.add(try JSONParser.value(of: text, path: name, part: "settings"), to: &values, name)
    }
    self.values = values
  }

  public init(from decoder: any Decoder) throws {
    values = try decoder.singleValueContainer().decode([String: String].self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }

  private static func add(_ value: JSONValue, to values: inout [String: String], _ name: String) {
    switch value {
    case .null: values[name] = "none"
    case .bool(let value): values[name] = "\(value)"
    case .integer(let value): values[name] = "\(value)"
    case .number(let value): values[name] = "\(value)"
    case .string(let value): values[name] = value
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        add(element, to: &values, "\(name).\(index)")
      }
    case .object(let members):
      for member in members { add(member.value, to: &values, "\(name).\(member.name)") }
    }
  }

  /// What of `found` is other than here, in the order of the names.
  public func differences(from found: TrainingSettings) -> [TrainingDifference] {
    Set(values.keys).union(found.values.keys).sorted().compactMap { name in
      let (one, other) = (values[name] ?? "none", found.values[name] ?? "none")
      return one == other ? nil : TrainingDifference(name: name, expected: one, found: other)
    }
  }
}

/// What a checkpoint has other than the training that is to go on from it.
public struct TrainingDifference: Sendable, Hashable {
  /// What it is of: a setting, the model or a tensor.
  public let name: String
  /// What the training has.
  public let expected: String
  /// What the checkpoint has.
  public let found: String
}

extension TrainingDifference: CustomStringConvertible {
  public var description: String { "\(name): expected \(expected), found \(found)" }
}
