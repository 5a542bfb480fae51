/// A value of JSON (RFC 8259), with Python's `NaN` and `Infinity`.
enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// The members in the order of the text, each name once.
  case object([Member])

  /// One member of an object.
  struct Member: Sendable, Hashable {
    let name: String
    let value: JSONValue
  }

  /// The value of the member called `name`; nil if there is none or this is no object.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The text, or nil.
  var string: String? { if case .string(let value) = self { value } else { nil } }

  /// The truth value, or nil.
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The integer, or nil.
  var integer: Int? { if case .integer(let value) = self { value } else { nil } }

  /// The number, or nil.
  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The elements, or nil.
  var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }

  /// The elements if all are integers, or nil.
  var integers: [Int]? {
    guard let array else { return nil }
    let integers = array.compactMap(\.integer)
    return integers.count == array.count ? integers : nil
  }
}
