import Foundation

/// A zip archive, field by field.
struct HostileArchive {
  /// A member: what the directory says of it, and what is stored.
  struct Member {
    var name: String
    var bytes: [UInt8]
    /// The size that the directory claims; nil: the true one.
    var size: UInt32?
    /// The CRC-32 that the directory claims; nil: the true one.
    var checksum: UInt32?
    var method: UInt16 = 0
    /// Where the directory says that it starts; nil: where it does.
    var position: UInt32?
  }

  var members: [Member]

  /// The archive.
  var bytes: [UInt8] {
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    for member in members {
      let name = Array(member.name.utf8)
      let stored = HostileFile.little(UInt32(member.bytes.count))
      let size = member.size.map { HostileFile.little($0) } ?? stored
      let checksum = HostileFile.little(member.checksum ?? Self.crc32(member.bytes))
      let common =
        HostileFile.little(UInt16(20)) + [0, 0] + HostileFile.little(member.method) + [
          0, 0, 0x21, 0,
        ]
        + checksum + stored + size + HostileFile.little(UInt16(name.count)) + [0, 0]
      let position = member.position ?? UInt32(file.count)
      file += [0x50, 0x4B, 3, 4] + common + name + member.bytes
      directory +=
        [0x50, 0x4B, 1, 2, 20, 0] + common + [UInt8](repeating: 0, count: 10)
        + HostileFile.little(position) + name
    }
    let count = HostileFile.little(UInt16(members.count))
    return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count
      + HostileFile.little(UInt32(directory.count)) + HostileFile.little(UInt32(file.count)) + [
        0, 0,
      ]
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0 as UInt32) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in
        crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1
      }
    }
  }
}

/// A pickle of PyTorch, instruction by instruction.
enum HostilePickle {
  static func text(_ text: String) -> [UInt8] {
    [0x58] + HostileFile.little(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + HostileFile.little(value) }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  static func tuple(_ parts: [UInt8]...) -> [UInt8] { [0x28] + parts.joined() + [0x74] }

  static func storage(count: Int = 2, key: String = "0") -> [UInt8] {
    tuple(
      text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), integer(count))
      + [0x51]
  }

  static func tensor(
    _ storage: [UInt8] = storage(), offset: Int = 0, sizes: [Int] = [2], strides: [Int] = [1]
  ) -> [UInt8] {
    global("torch._utils", "_rebuild_tensor_v2")
      + tuple(
        storage, integer(offset), [0x28] + sizes.flatMap(integer) + [0x74],
        [0x28] + strides.flatMap(integer) + [0x74], [0x89], [0x4E]) + [0x52]
  }

  /// A checkpoint whose dictionary has `value` at "w", with a storage of two numbers.
  static func checkpoint(
    _ value: [UInt8] = tensor(), members: [HostileArchive.Member] = []
  ) -> HostileArchive {
    let object = [0x80, 2, 0x7D] + text("w") + value + [0x73, 0x2E]
    return HostileArchive(
      members: [
        .init(name: "m/data.pkl", bytes: object),
        .init(name: "m/data/0", bytes: [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]),
      ] + members)
  }

  /// The stream of PyTorch before 1.6 with the same.
  static func stream(_ value: [UInt8] = tensor(), count: UInt64 = 2) -> [UInt8] {
    let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let object = [0x80, 2, 0x7D] + text("w") + value + [0x73, 0x2E]
    return [0x80, 2, 0x8A, 10] + magic + [0x2E] + [0x80, 2, 0x4D, 0xE9, 3, 0x2E]
      + [0x80, 2, 0x7D, 0x2E] + object + [0x80, 2, 0x5D] + text("0") + [0x61, 0x2E]
      + HostileFile.little(count) + [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]
  }
}
