/// What the directory says of one member.
struct ZipEntry {
  let name: String
  let flags: Int
  let method: Int
  let checksum: UInt32
  let storedSize: Int
  let size: Int
  /// Where the header beside the member's bytes starts.
  let memberPosition: Int
  /// Where the entry itself ends.
  let end: Int

  var isDeflated: Bool { method == 8 }

  /// Whether the member was written as a stream: checksum and sizes follow its bytes.
  var hasDescriptor: Bool { flags & 8 != 0 }

  /// Whether `name` leads to a place within the archive on every system: no `..`, no backslash, and
  /// neither a slash nor the letter of a drive before the rest.
  static func isWithin(_ name: String) -> Bool {
    let utf8 = name.utf8
    let hasDrive =
      utf8.dropFirst().first == UInt8(ascii: ":")
      && utf8.first.map { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 } ?? false
    return !name.isEmpty && !hasDrive && utf8.first != UInt8(ascii: "/")
      && !utf8.contains(0) && !utf8.contains(UInt8(ascii: "\\"))
      && !utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
  }

  /// Whether `mode`, that of Unix where an archive has it, is of a file or a folder (`S_IFMT`).
  static func isPlain(mode: Int) -> Bool { [0, 0o100000, 0o040000].contains(mode & 0o170000) }
}

/// An entry, and the bytes of its member with their header.
struct ZipExtent {
  let entry: ZipEntry
  let range: Range<Int>
}

extension ZipError {
  /// A member whose name leads out of the archive.
  static func escaping(member: String, path: String) -> ZipError {
    .malformedMember(
      path: path, member: member,
      reason: "expected a name that leads to a place within the archive")
  }
}
