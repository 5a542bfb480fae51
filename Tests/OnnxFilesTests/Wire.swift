/// Serialized messages, written field by field.
enum Wire {
  /// A field of bytes: number and wire type 2, their number, the bytes.
  static func field(_ number: UInt8, _ value: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    var rest = value.count
    while rest >= 0x80 {
      length.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return [number << 3 | 2] + length + [UInt8(rest)] + value
  }

  /// A field of text.
  static func text(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
}
