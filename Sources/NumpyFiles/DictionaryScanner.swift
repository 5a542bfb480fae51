import Files

/// Reads the one kind of Python dictionary that stands in a header: three keys, each once.
struct DictionaryScanner {
  /// The values of the keys.
  struct Header {
    var description: String
    var isFortranOrder: Bool
    var shape: [Int]
  }

  let path: String
  let array: String
  /// What is left to read.
  var bytes: ArraySlice<UInt8>

  /// Reads the dictionary, to the end of the bytes.
  mutating func dictionary() throws(NumpyError) -> Header {
    var description: String?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try text()
      try expect(":")
      switch key {
      case "descr" where description == nil: description = try typeDescription()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default:
        throw malformed("expected each of descr, fortran_order and shape once, found '\(key)'")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard bytes.isEmpty else {
      throw malformed("expected nothing after the dictionary, found \(bytes.count) bytes")
    }
    guard let description, let isFortranOrder, let shape else {
      throw malformed("expected each of descr, fortran_order and shape once, found fewer")
    }
    return Header(description: description, isFortranOrder: isFortranOrder, shape: shape)
  }

  /// A list here is the description of a structured type.
  private mutating func typeDescription() throws(NumpyError) -> String {
    skipSpace()
    guard bytes.first != UInt8(ascii: "[") else {
      throw .elementType(path: path, array: array, found: "a structured type")
    }
    return try text()
  }

  private mutating func text() throws(NumpyError) -> String {
    skipSpace()
    guard let quote = bytes.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw malformed("expected a quoted text, found \(next)")
    }
    let rest = bytes.dropFirst()
    guard let end = rest.firstIndex(of: quote) else {
      throw malformed("expected the quote that ends a text, found none")
    }
    bytes = rest[(end + 1)...]
    let text = String(decoding: rest[..<end], as: UTF8.self)
    guard text.isStreamSafe else { throw malformed("expected a text that can be compared") }
    return text
  }

  private mutating func boolean() throws(NumpyError) -> Bool {
    if accept("True") { return true }
    if accept("False") { return false }
    throw malformed("fortran_order: expected True or False, found \(next)")
  }

  /// `()`, `(3,)` or `(3, 4)`; Python 2 wrote `3L`.
  private mutating func tuple() throws(NumpyError) -> [Int] {
    var values: [Int] = []
    try expect("(")
    while !accept(")") {
      skipSpace()
      let digits = bytes.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
        throw malformed(
          "shape: expected a dimension of at most \(Int.max), found "
            + (digits.isEmpty ? next : String(decoding: digits.prefix(40), as: UTF8.self)))
      }
      values.append(value)
      bytes = bytes[digits.endIndex...]
      _ = accept("L")
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return values
  }

  private mutating func skipSpace() {
    bytes = bytes.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }

  private mutating func accept(_ token: StaticString) -> Bool {
    skipSpace()
    let token = Array(token.description.utf8)
    guard bytes.starts(with: token) else { return false }
    bytes = bytes.dropFirst(token.count)
    return true
  }

  private mutating func expect(_ token: StaticString) throws(NumpyError) {
    guard accept(token) else { throw malformed("expected \(token), found \(next)") }
  }

  private var next: String {
    bytes.first.map { "'\(Character(Unicode.Scalar($0)))'" } ?? "the end"
  }

  private func malformed(_ reason: String) -> NumpyError {
    .malformedHeader(path: path, array: array, reason: reason)
  }
}
