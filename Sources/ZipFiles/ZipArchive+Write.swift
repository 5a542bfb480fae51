import Files

extension ZipArchive {
  /// The largest archive that is written, in bytes: larger ones need zip64.
  public static let maximumWrittenBytes = 0xFFFF_FFFE

  /// Writes an archive of stored `members` to `path`, atomically, in the order given; the same
  /// members always give the same bytes, dated 1980-01-01, the earliest that the format has.
  ///
  /// Contents are asked for one after the other. Throws
  /// ``ZipError/tooLarge(path:member:limit:)``, ``ZipError/malformedMember(path:member:reason:)`` for
  /// a name that no reader may follow, `FileError` or what `contents` throws; whatever was at `path`
  /// then stays.
  public static func write(
    _ members: [(name: String, contents: () throws -> [UInt8])], to path: String
  ) throws {
    precondition(Set(members.map(\.name)).count == members.count, "two members of one name")
    guard members.count < 0xFFFF else {
      throw ZipError.tooLarge(
        path: path, member: members[0xFFFE].name, limit: "\(0xFFFE) members")
    }
    if let (name, _) = members.first(where: { !ZipEntry.isWithin($0.name) }) {
      throw ZipError.escaping(member: name, path: path)
    }
    try AtomicFile.write(to: path) { file in
      var (directory, position): ([UInt8], Int) = ([], 0)
      for member in members {
        let contents = try member.contents()
        let entry = WrittenEntry(name: member.name, contents: contents, position: position)
        position += entry.header.count + contents.count
        guard position + directory.count + entry.directoryEntry.count + 22 <= maximumWrittenBytes
        else {
          throw ZipError.tooLarge(
            path: path, member: member.name, limit: "\(maximumWrittenBytes) bytes")
        }
        try file.append(entry.header)
        try file.append(contents)
        directory += entry.directoryEntry
      }
      try file.append(directory)
      try file.append(
        little(ZipDirectory.endSignature, 4) + little(0, 4) + little(members.count, 2)
          + little(members.count, 2) + little(directory.count, 4) + little(position, 4)
          + little(0, 2))
    }
  }
}

/// What stands before a stored member's bytes and in the directory.
private struct WrittenEntry {
  let header: [UInt8]
  let directoryEntry: [UInt8]

  /// Version 2.0; flag 11 says that the name is UTF-8; day 1 of month 1 of the year 1980.
  init(name: String, contents: [UInt8], position: Int) {
    let checksum = unsafe Int(crc32(of: contents.span.bytes))
    let name = Array(name.utf8)
    precondition(name.count <= 0xFFFF, "a name of \(name.count) bytes")
    let version = little(20, 2)
    let common =
      version + little(1 << 11, 2) + little(0, 2) + little(0x0021 << 16, 4)
      + little(checksum, 4) + little(contents.count, 4) + little(contents.count, 4)
      + little(name.count, 2) + little(0, 2)
    header = little(ZipDirectory.memberSignature, 4) + common + name
    directoryEntry =
      little(ZipDirectory.entrySignature, 4) + version + common + little(0, 10)
      + little(position, 4) + name
  }
}

/// The lowest `count` bytes of `value`, the lowest first.
private func little(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
