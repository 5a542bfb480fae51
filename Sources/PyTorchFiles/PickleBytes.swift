import Files
import Tensors

/// The bytes of a pickle, read from the first to the last.
struct PickleBytes {
  /// The file and the pickle in it, for messages.
  let path: String
  let pickle: String

  private let bytes: TensorBytes
  /// The bytes from `bufferStart` on: single ones are read from here.
  private var buffer: [UInt8] = []
  private var bufferStart = 0

  /// Where the next byte is.
  private(set) var position = 0

  private static let bufferSize = 1 << 16

  /// The longest line that names a global or a number.
  static let longestLine = 1024

  init(_ bytes: TensorBytes, path: String, pickle: String) {
    self.bytes = bytes
    self.path = path
    self.pickle = pickle
  }

  /// An error about the byte before which the reader stands.
  func malformed(_ reason: String) -> PyTorchError {
    .malformedPickle(path: path, pickle: pickle, position: position, reason: reason)
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int) throws(PyTorchError) -> [UInt8] {
    guard count >= 0, count <= bytes.count - position else {
      throw malformed("expected \(count) bytes, found \(bytes.count - position)")
    }
    defer { position += count }
    let offset = position - bufferStart
    if offset + count <= buffer.count { return Array(buffer[offset..<offset + count]) }
    return copy(position..<position + count)
  }

  /// The next byte.
  mutating func u8() throws(PyTorchError) -> UInt8 {
    guard position < bytes.count else { throw malformed("expected STOP, found the end") }
    if position - bufferStart >= buffer.count {
      buffer = copy(position..<min(position + Self.bufferSize, bytes.count))
      bufferStart = position
    }
    defer { position += 1 }
    return buffer[position - bufferStart]
  }

  private func copy(_ range: Range<Int>) -> [UInt8] {
    bytes.withBytes(in: range) { raw in
      unsafe raw.withUnsafeBytes { unsafe [UInt8]($0) }
    }
  }

  /// The next integer of `Value`'s size, little-endian; one too large for an `Int` is `Int.max`.
  mutating func integer<Value: FixedWidthInteger>(_: Value.Type) throws(PyTorchError) -> Int {
    var value: Value = 0
    for (index, byte) in try take(Value.bitWidth / 8).enumerated() {
      value |= Value(truncatingIfNeeded: byte) << (8 * index)
    }
    return Int(clamping: value)
  }

  /// The next number of 8 bytes, big-endian.
  mutating func real() throws(PyTorchError) -> Double {
    Double(bitPattern: try take(8).reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// The next `count` bytes as text.
  mutating func text(_ count: Int) throws(PyTorchError) -> String {
    let utf8 = try take(count)
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw malformed("expected text in UTF-8, found \(count) bytes of something else")
    }
    try check(text)
    return text
  }

  /// Checks that `text`, of any length, can be compared.
  func check(_ text: String) throws(PyTorchError) {
    do throws(FileError) {
      try ReadingLimits.check(text: text, of: "pickle '\(pickle)'", in: path)
    } catch { throw .beyondLimit(error) }
  }

  /// The text up to the next line feed.
  mutating func line() throws(PyTorchError) -> String {
    var utf8: [UInt8] = []
    while utf8.count <= Self.longestLine {
      let byte = try u8()
      guard byte != UInt8(ascii: "\n") else {
        guard let text = String(validating: utf8, as: UTF8.self) else { break }
        try check(text)
        return text
      }
      utf8.append(byte)
    }
    throw malformed("expected a line of at most \(Self.longestLine) bytes of UTF-8")
  }

  /// The integer that is written in decimals up to the next line feed; nil if larger than an `Int`.
  mutating func decimal() throws(PyTorchError) -> Int? {
    var line = try line()
    if line.hasSuffix("L") { line.removeLast() }
    let digits = line.hasPrefix("-") ? line.dropFirst() : line[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw malformed("expected a number, found '\(line.prefix(40))'")
    }
    return Int(line)
  }
}
