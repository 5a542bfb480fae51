import Files

/// A value of a JSON file with its place in it, for messages.
struct PlacedValue {
  /// The value; nil where the file has none.
  let value: JSONValue?
  /// The file.
  private let path: String
  /// The place, as `programs.decode['Decoder.relu'].histogram.counts[3]`.
  private let place: String

  /// The outermost value of the file at `path`.
  init(_ value: JSONValue, path: String) { self.init(value, path: path, place: "") }

  private init(_ value: JSONValue?, path: String, place: String) {
    (self.value, self.path, self.place) = (value, path, place)
  }

  /// The member called `name`.
  subscript(name: String) -> PlacedValue {
    PlacedValue(value?[name], path: path, place: place(of: name))
  }

  private func place(of name: String) -> String {
    let isWord = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    if !isWord { return "\(place)['\(name)']" }
    return place.isEmpty ? name : "\(place).\(name)"
  }

  /// An error that expects `expected` here.
  func malformed(_ expected: String) -> QuantizationError {
    let found =
      switch value {
      case nil: "none"
      case .string(let text): "'\(text.prefix(40))'"
      case .integer(let number): "\(number)"
      case .number(let number): "\(number)"
      case .array(let values): "an array of \(values.count)"
      case let value?: value.kind
      }
    return .malformedStatistics(path: path, at: place, expected: expected, found: found)
  }

  /// Checks that this is an object, none of whose members is called otherwise than `keys`.
  func check(_ keys: [String]) throws(QuantizationError) {
    for member in try members(as: "an object") where !keys.contains(member.name) {
      throw member.value.malformed("no key but \(keys.joined(separator: ", "))")
    }
  }

  /// The members in the order of the file.
  func members(
    as expected: String
  ) throws(QuantizationError) -> [(name: String, value: PlacedValue)] {
    guard let members = value?.members else { throw malformed(expected) }
    return members.map {
      ($0.name, PlacedValue($0.value, path: path, place: place(of: $0.name)))
    }
  }

  /// The elements, which may be `most` or fewer.
  func elements(atMost most: Int = .max) throws(QuantizationError) -> [PlacedValue] {
    guard let array = value?.array else { throw malformed("an array") }
    guard array.count <= most else { throw malformed("at most \(most) elements") }
    return array.enumerated().map {
      PlacedValue($0.element, path: path, place: "\(place)[\($0.offset)]")
    }
  }

  /// The text.
  func text(as expected: String) throws(QuantizationError) -> String {
    guard let text = value?.string else { throw malformed(expected) }
    return text
  }

  /// The whole number, one of `range`.
  func integer(
    in range: ClosedRange<Int>, as expected: String
  ) throws(QuantizationError) -> Int {
    guard let number = value?.integer, range.contains(number) else { throw malformed(expected) }
    return number
  }

  /// The number, which must be finite in binary32.
  func float() throws(QuantizationError) -> Float {
    guard let number = value?.number, Float(number).isFinite else {
      throw malformed("a number that binary32 holds")
    }
    return Float(number)
  }

  /// The range between the numbers called `minimum` and `maximum`.
  func range() throws(QuantizationError) -> ValueRange {
    let (minimum, maximum) = (try self["minimum"].float(), try self["maximum"].float())
    guard minimum <= maximum else {
      throw self["maximum"].malformed("a number of at least \(minimum)")
    }
    return ValueRange(minimum: minimum, maximum: maximum)
  }
}
