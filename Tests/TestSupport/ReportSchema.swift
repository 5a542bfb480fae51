import Foundation

/// A JSON schema of the folder `Schemas`, as far as keys go.
public enum ReportSchema {
  /// The schema called `name`.
  public static func named(_ name: String) throws -> [String: Any] {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Schemas/\(name).schema.json").standardized.path
    return try object(String(contentsOfFile: path, encoding: .utf8))
  }

  /// The object that `text` is. Throws `CocoaError` where it is none.
  public static func object(_ text: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    guard let object = value as? [String: Any] else { throw CocoaError(.coderReadCorrupt) }
    return object
  }

  /// The keys that differ between `value` and `schema`, all the way down: those that are required and
  /// missing, and those that the schema does not have.
  ///
  /// Of several alternatives (`oneOf`) the one whose constants are those of `value` counts.
  public static func problems(
    _ value: Any, _ schema: [String: Any], at path: String
  ) -> [String] {
    if let elements = value as? [Any], let items = schema["items"] as? [String: Any] {
      return elements.flatMap { problems($0, items, at: "\(path)[]") }
    }
    guard let object = value as? [String: Any] else { return [] }
    if let alternatives = schema["oneOf"] as? [[String: Any]] {
      let fitting = alternatives.filter { constants($0).allSatisfy { object[$0] as? String == $1 } }
      return fitting.count == 1
        ? problems(value, fitting[0], at: path)
        : ["\(path) is of \(fitting.count) alternatives"]
    }
    guard let properties = schema["properties"] as? [String: [String: Any]] else { return [] }
    let required = Set(schema["required"] as? [String] ?? [])
    let closed = schema["additionalProperties"] as? Bool == false
    return (closed ? [] : ["\(path) allows other keys"])
      + required.subtracting(object.keys).map { "\(path).\($0) is missing" }
      + object.flatMap { key, value in
        properties[key].map { problems(value, $0, at: "\(path).\(key)") }
          ?? ["\(path).\(key) is not in the schema"]
      }
  }

  /// The texts that `schema` has for keys that have but one, by key.
  private static func constants(_ schema: [String: Any]) -> [String: String] {
    (schema["properties"] as? [String: [String: Any]] ?? [:]).compactMapValues {
      $0["const"] as? String
    }
  }
}
