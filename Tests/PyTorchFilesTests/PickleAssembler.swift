/// Writes the instructions of pickles.
enum Pickled {
  static func text(_ text: String) -> [UInt8] {
    [0x58] + little(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func integer(_ value: Int) -> [UInt8] {
    [0x8A, 8] + little(UInt64(bitPattern: Int64(value)))
  }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  static func tuple(_ values: [UInt8]...) -> [UInt8] { [0x28] + values.joined() + [0x74] }

  static func call(_ function: [UInt8], _ arguments: [UInt8]...) -> [UInt8] {
    function + [0x28] + arguments.joined() + [0x74, 0x52]
  }

  static func dictionary(_ items: [UInt8]...) -> [UInt8] { [0x7D, 0x28] + items.joined() + [0x75] }

  static func storage(
    _ key: String = "0", kind: String = "FloatStorage", count: Int = 4, view: [UInt8] = [0x4E]
  ) -> [UInt8] {
    tuple(
      text("storage"), global("torch", kind), text(key), text("cpu"), integer(count), view) + [0x51]
  }

  static func tensor(
    _ storage: [UInt8] = storage(), offset: Int = 0, sizes: [Int] = [4], strides: [Int] = [1]
  ) -> [UInt8] {
    call(
      global("torch._utils", "_rebuild_tensor_v2"), storage, integer(offset),
      [0x28] + sizes.flatMap(integer) + [0x74], [0x28] + strides.flatMap(integer) + [0x74],
      [0x89], [0x4E])
  }

  /// A stream of the `object`, with a storage "0" of the elements 0, 1, 2 and 3 unless told otherwise.
  static func stream(
    _ object: [UInt8], keys: [UInt8] = [0x5D] + text("0") + [0x61, 0x2E],
    storages: [UInt8] = little(UInt64(4)) + (0..<4).flatMap { little(Float($0).bitPattern) }
  ) -> [UInt8] {
    let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    return [0x80, 2, 0x8A, 10] + magic + [0x2E] + [0x80, 2, 0x4D, 0xE9, 3, 0x2E]
      + [0x80, 2, 0x7D, 0x2E] + object + keys + storages
  }

  static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
