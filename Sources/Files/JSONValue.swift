/// A value of JSON (RFC 8259), with Python's `NaN` and `Infinity`.
public enum JSONValue: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction and exponent that an `Int` holds.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// A text.
  case string(String)
  /// The elements of an array.
  case array([JSONValue])
  /// The members in the order of the text, each name once.
  case object([Member])

  /// One member of an object.
  public struct Member: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// What stands behind the colon.
    public let value: JSONValue
  }

  /// The value of the member called `name`; nil if there is none or this is no object.
  public subscript(name: String) -> JSONValue? {
    members?.first { $0.name == name }?.value
  }

  /// The members, or nil.
  public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

  /// The text, or nil.
  public var string: String? { if case .string(let value) = self { value } else { nil } }

  /// The truth value, or nil.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The integer, or nil.
  public var integer: Int? { if case .integer(let value) = self { value } else { nil } }

  /// The number, or nil.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The elements, or nil.
  public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }

  /// The elements if all are integers, or nil.
  public var integers: [Int]? {
    guard let array else { return nil }
    let integers = array.compactMap(\.integer)
    return integers.count == array.count ? integers : nil
  }

  /// What the value is, in words for messages: `an array`, `the number 3`.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "the number \(value)"
    case .number(let value): "the number \(value)"
    case .string(let value): "the text '\(value.prefix(40))'"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
