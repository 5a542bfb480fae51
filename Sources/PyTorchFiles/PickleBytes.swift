import Tensors

/// The bytes of a pickle, read from the first to the last.
struct PickleBytes {
  /// The file and the pickle in it, for messages.
  let path: String
  let pickle: String

  private let bytes: TensorBytes

  /// The bytes from `windowStart` on, so that not every byte is asked of the file by itself.
  private var window: [UInt8] = []
  private var windowStart = 0
  private static let windowSize = 65_536

  /// Where the next byte is.
  private(set) var position = 0

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
    guard count <= Self.windowSize else { return bytes(in: position..<position + count) }
    refill(for: count)
    return Array(window[position - windowStart..<position - windowStart + count])
  }

  /// The next byte.
  mutating func u8() throws(PyTorchError) -> UInt8 {
    guard position < bytes.count else { throw malformed("expected STOP, found the end") }
    defer { position += 1 }
    refill(for: 1)
    return window[position - windowStart]
  }

  /// Sees to it that the window has the next `count` bytes, which must be there.
  private mutating func refill(for count: Int) {
    guard position < windowStart || position + count > windowStart + window.count else { return }
    windowStart = position
    window = bytes(in: position..<min(position + Self.windowSize, bytes.count))
  }

  private func bytes(in range: Range<Int>) -> [UInt8] {
    bytes.withBytes { raw in unsafe raw.withUnsafeBytes { unsafe [UInt8]($0[range]) } }
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
    return text
  }

  /// The text up to the next line feed.
  mutating func line() throws(PyTorchError) -> String {
    var utf8: [UInt8] = []
    while utf8.count <= Self.longestLine {
      let byte = try u8()
      guard byte != UInt8(ascii: "\n") else {
        guard let text = String(validating: utf8, as: UTF8.self) else { break }
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
