/// A value of a JSON report, its numbers with all of their digits.
enum JSONValue: Decodable {
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])
  case other

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let array = try? value.decode([JSONValue].self) {
      self = .array(array)
    } else if let object = try? value.decode([String: JSONValue].self) {
      self = .object(object)
    } else {
      self = .other
    }
  }

  /// What `pointer` (RFC 6901) leads to.
  subscript(pointer: String) -> JSONValue? {
    pointer.split(separator: "/").reduce(self) { value, part in
      switch value {
      case .array(let array): Int(part).flatMap { array.indices.contains($0) ? array[$0] : nil }
      case .object(let object): object["\(part)"]
      default: nil
      }
    }
  }
}
