/// Reads JSON text into a ``JSONValue``: strictly, within limits, and each name of an object once.
public struct JSONParser {
  private let path: String
  private let part: String
  private let limits: ReadingLimits
  private let mayRepeat: Bool
  private let bytes: [UInt8]
  private var position = 0
  private var count = 0

  /// The value of `text`, the part of the file at `path` that `part` names in messages.
  ///
  /// Names that `mayRepeat` are left to who looks for them. Throws
  /// ``FileError/malformedJSON(path:part:reason:)``, ``FileError/notStreamSafe(path:object:)`` or
  /// ``FileError/beyondLimit(path:object:limit:allowed:found:)``.
  public static func value(
    of text: [UInt8], path: String, part: String, limits: ReadingLimits = .standard,
    mayRepeat: Bool = false
  ) throws(FileError) -> JSONValue {
    try limits.check(.headerBytes, text.count, of: part, in: path)
    var parser = JSONParser(
      path: path, part: part, limits: limits, mayRepeat: mayRepeat, bytes: text)
    let value = try parser.value(depth: 1)
    parser.skipSpace()
    guard parser.position == text.count else { throw parser.malformed("expected the end") }
    return value
  }

  private init(
    path: String, part: String, limits: ReadingLimits, mayRepeat: Bool, bytes: [UInt8]
  ) {
    self.path = path
    self.part = part
    self.limits = limits
    self.mayRepeat = mayRepeat
    self.bytes = bytes
  }

  private mutating func value(depth: Int) throws(FileError) -> JSONValue {
    count += 1
    try limits.check(.values, count, of: part, in: path)
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
    if Self.isNumber(bytes[start..<position]) {
      if let integer = Int(word) { return .integer(integer) }
      if let number = Double(word), number.isFinite { return .number(number) }
    }
    position = start
    throw malformed("expected a value")
  }

  private mutating func object(depth: Int) throws(FileError) -> JSONValue {
    try enter(depth)
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    try list(until: UInt8(ascii: "}")) { (parser) throws(FileError) in
      parser.skipSpace()
      guard parser.next == UInt8(ascii: "\"") else { throw parser.malformed("expected a name") }
      let name = try parser.string()
      try parser.limits.check(.nameBytes, name.utf8.count, of: parser.part, in: parser.path)
      guard parser.mayRepeat || names.insert(name).inserted else {
        throw parser.malformed("expected each name once, found '\(name)' again")
      }
      parser.skipSpace()
      guard parser.accept(UInt8(ascii: ":")) else { throw parser.malformed("expected ':'") }
      members.append(.init(name: name, value: try parser.value(depth: depth + 1)))
    }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(FileError) -> JSONValue {
    try enter(depth)
    var values: [JSONValue] = []
    try list(until: UInt8(ascii: "]")) { (parser) throws(FileError) in
      values.append(try parser.value(depth: depth + 1))
    }
    return .array(values)
  }

  /// Passes the opening bracket.
  private mutating func enter(_ depth: Int) throws(FileError) {
    try limits.check(.depth, depth, of: part, in: path)
    position += 1
  }

  /// Reads items with commas between them, and the bracket `end`.
  private mutating func list(
    until end: UInt8, item: (inout JSONParser) throws(FileError) -> Void
  ) throws(FileError) {
    skipSpace()
    if accept(end) { return }
    while true {
      try item(&self)
      skipSpace()
      if accept(end) { return }
      guard accept(UInt8(ascii: ",")) else { throw malformed("expected ','") }
    }
  }

  /// Reads a quoted text, which may be compared: see ``ReadingLimits/check(text:of:in:)``.
  private mutating func string() throws(FileError) -> String {
    let start = position
    position += 1
    var utf8: [UInt8] = []
    var plain = position
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw malformed("expected a text without control characters") }
      position += 1
      guard byte == UInt8(ascii: "\\") else { continue }
      utf8 += bytes[plain..<position - 1]
      guard let scalar = escaped() else {
        position = start
        throw malformed("expected a text whose escapes are JSON's")
      }
      utf8 += Array(String(Character(scalar)).utf8)
      plain = position
    }
    let end = position
    guard accept(UInt8(ascii: "\"")) else {
      position = start
      throw malformed("expected the quote that ends a text, found none")
    }
    let text =
      utf8.isEmpty
      ? String(validating: bytes[plain..<end], as: UTF8.self)
      : String(validating: utf8 + bytes[plain..<end], as: UTF8.self)
    guard let text else {
      position = start
      throw malformed("expected a text in UTF-8")
    }
    try ReadingLimits.check(text: text, of: part, in: path)
    return text
  }

  /// Reads what follows a backslash; nil where that is no escape of JSON.
  private mutating func escaped() -> Unicode.Scalar? {
    guard let byte = next else { return nil }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: return nil
    }
    guard let high = codeUnit() else { return nil }
    guard 0xD800...0xDBFF ~= high else { return Unicode.Scalar(high) }
    guard accept(UInt8(ascii: "\\")), accept(UInt8(ascii: "u")), let low = codeUnit(),
      0xDC00...0xDFFF ~= low
    else { return nil }
    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
  }

  /// Reads four hexadecimal digits.
  private mutating func codeUnit() -> UInt32? {
    guard position + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func accept(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  private static func isPartOfWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
      || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }

  /// Whether `word` is `-`?, digits without a leading zero, `.` digits?, `e` sign? digits?.
  private static func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
    var rest = word
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let whole = rest.prefix(while: isDigit)
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
    rest = rest[whole.endIndex...]
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix(while: isDigit)
      guard !digits.isEmpty else { return false }
      rest = rest[digits.endIndex...]
    }
    if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
      rest.removeFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
      let digits = rest.prefix(while: isDigit)
      guard !digits.isEmpty else { return false }
      rest = rest[digits.endIndex...]
    }
    return rest.isEmpty
  }

  private func malformed(_ reason: String) -> FileError {
    .malformedJSON(path: path, part: part, reason: "byte \(position): \(reason)")
  }
}
