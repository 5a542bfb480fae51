import Foundation

/// Reads JSON text into a ``JSONValue``.
struct JSONParser {
  /// How deep arrays and objects may nest.
  static let maximumDepth = 200

  /// The most bytes of text; a value in memory takes some ten times as many.
  static let maximumByteCount = 1 << 24

  private let path: String
  private let bytes: [UInt8]
  private var position = 0

  /// The value of `text`, from the file at `path`.
  ///
  /// Throws ``KerasError/malformedJSON(path:reason:)``.
  static func value(of text: [UInt8], path: String) throws(KerasError) -> JSONValue {
    guard text.count <= maximumByteCount else {
      throw .malformedJSON(
        path: path, reason: "expected at most \(maximumByteCount) bytes, found \(text.count)")
    }
    var parser = JSONParser(path: path, bytes: text)
    let value = try parser.value(depth: 1)
    parser.skipSpace()
    guard parser.position == text.count else { throw parser.malformed("expected the end") }
    return value
  }

  private init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  private mutating func value(depth: Int) throws(KerasError) -> JSONValue {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    default: break
    }
    let start = position
    while let byte = next, Self.isPartOfWord(byte) { position += 1 }
    let word = String(decoding: bytes[start..<position], as: UTF8.self)
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "NaN": return .number(.nan)
    case "Infinity": return .number(.infinity)
    case "-Infinity": return .number(-.infinity)
    default: break
    }
    if let integer = Int(word) { return .integer(integer) }
    guard let first = word.utf8.first, first == UInt8(ascii: "-") || Self.isDigit(first),
      let number = Double(word), number.isFinite
    else {
      position = start
      throw malformed("expected a value")
    }
    return .number(number)
  }

  private mutating func object(depth: Int) throws(KerasError) -> JSONValue {
    try enter(depth)
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    try list(until: UInt8(ascii: "}")) { (parser) throws(KerasError) in
      parser.skipSpace()
      guard parser.next == UInt8(ascii: "\"") else { throw parser.malformed("expected a name") }
      let name = try parser.string()
      guard names.insert(name).inserted else {
        throw parser.malformed("expected each name once, found '\(name)' again")
      }
      parser.skipSpace()
      guard parser.accept(UInt8(ascii: ":")) else { throw parser.malformed("expected ':'") }
      members.append(.init(name: name, value: try parser.value(depth: depth + 1)))
    }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(KerasError) -> JSONValue {
    try enter(depth)
    var values: [JSONValue] = []
    try list(until: UInt8(ascii: "]")) { (parser) throws(KerasError) in
      values.append(try parser.value(depth: depth + 1))
    }
    return .array(values)
  }

  /// Passes the opening bracket.
  private mutating func enter(_ depth: Int) throws(KerasError) {
    guard depth <= Self.maximumDepth else {
      throw malformed("expected at most \(Self.maximumDepth) values in another")
    }
    position += 1
  }

  /// Reads items with commas between them, and the bracket `end`.
  private mutating func list(
    until end: UInt8, item: (inout JSONParser) throws(KerasError) -> Void
  ) throws(KerasError) {
    skipSpace()
    if accept(end) { return }
    while true {
      try item(&self)
      skipSpace()
      if accept(end) { return }
      guard accept(UInt8(ascii: ",")) else { throw malformed("expected ','") }
    }
  }

  /// Reads a quoted text; one with escapes is left to Foundation.
  private mutating func string() throws(KerasError) -> String {
    let start = position
    position += 1
    var hasEscapes = false
    while let byte = next, byte != UInt8(ascii: "\"") {
      hasEscapes = hasEscapes || byte == UInt8(ascii: "\\")
      position += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    guard accept(UInt8(ascii: "\"")) else {
      position = start
      throw malformed("expected the quote that ends a text, found none")
    }
    let quoted = bytes[start..<position]
    let text =
      hasEscapes
      ? try? JSONDecoder().decode(String.self, from: Data(quoted))
      : String(validating: quoted.dropFirst().dropLast(), as: UTF8.self)
    guard let text else {
      position = start
      throw malformed("expected a text in UTF-8")
    }
    return text
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func accept(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  private static func isPartOfWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
      || [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
  }

  private func malformed(_ reason: String) -> KerasError {
    .malformedJSON(path: path, reason: "byte \(position): \(reason)")
  }
}
