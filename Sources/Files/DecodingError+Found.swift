import Foundation

extension DecodingError {
  /// What JSON has in place of what was expected, for messages: no key, another type or value.
  public var found: String {
    func place(_ path: [any CodingKey], _ key: String? = nil) -> String {
      let parts = path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }
      return String((parts.joined() + (key.map { ".\($0)" } ?? "")).drop { $0 == "." })
    }
    switch self {
    case .keyNotFound(let key, let context):
      return "no key '\(place(context.codingPath, key.stringValue))'"
    case .valueNotFound(_, let context): return "null at '\(place(context.codingPath))'"
    case .typeMismatch(_, let context) where context.codingPath.isEmpty:
      return "JSON that is no object"
    case .typeMismatch(_, let context):
      return "another type at '\(place(context.codingPath))'"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "another value at '\(place(context.codingPath))'"
    default: return "something that is not JSON"
    }
  }
}
