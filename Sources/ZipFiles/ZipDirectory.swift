import Files

/// The directory of an archive; ``ZipArchive`` draws the records.
struct ZipDirectory {
  static let memberSignature = 0x0403_4B50
  static let entrySignature = 0x0201_4B50
  static let endSignature = 0x0605_4B50

  /// Deflate makes at most this many bytes of one.
  static let largestExpansion = 1032

  let file: FileBytes
  /// Where the entries stand.
  let range: Range<Int>
  private let limits: ReadingLimits
  private let memberCount: Int

  /// Finds the end record and checks where it says that the directory is.
  init(of file: FileBytes, limits: ReadingLimits) throws(ZipError) {
    self.file = file
    self.limits = limits
    let end = try Self.endPosition(in: file)
    let record = ZipRecord(of: file, in: end..<end + 22)
    guard record.u16(4) == 0, record.u16(6) == 0, record.u16(8) == record.u16(10) else {
      throw .unsupported(path: file.path, member: nil, found: "several parts")
    }
    let wide = try ZipWideEnd(before: end, in: file)
    func number(_ value: Int, _ largest: Int, _ wideValue: Int?) throws(ZipError) -> Int {
      guard value == largest || wideValue.map({ $0 == value }) ?? true else {
        throw .malformed(
          path: file.path,
          reason: "expected the zip64 end to say \(value) as the end does, found \(wideValue ?? 0)")
      }
      guard value < largest || wideValue != nil else {
        throw .malformed(path: file.path, reason: "expected a zip64 end, found none")
      }
      return wideValue ?? value
    }
    let count = try number(record.u16(10), 0xFFFF, wide?.memberCount)
    let size = try number(record.u32(12), 0xFFFF_FFFF, wide?.directorySize)
    let start = try number(record.u32(16), 0xFFFF_FFFF, wide?.directoryStart)
    let directoryEnd = wide?.position ?? end
    let (found, overflow) = start.addingReportingOverflow(size)
    guard !overflow, found <= directoryEnd else {
      throw .malformed(
        path: file.path,
        reason: "expected to end before byte \(directoryEnd), found \(overflow ? size : found)")
    }
    guard found == directoryEnd else {
      throw .malformed(
        path: file.path, reason: "expected to end at byte \(directoryEnd), found \(found)")
    }
    range = start..<start + size
    memberCount = count
  }

  /// Every member: with names that differ, and bytes that fill the file up to the directory.
  func members() throws(ZipError) -> [ZipArchive.Member] {
    var members: [ZipArchive.Member] = []
    var names: Set<String> = []
    var extents: [ZipExtent] = []
    var position = range.lowerBound
    for _ in 0..<memberCount {
      let entry = try entry(at: position)
      position = entry.end
      let start = try start(of: entry)
      guard names.insert(entry.name).inserted else {
        throw .duplicateName(path: file.path, member: entry.name)
      }
      members.append(
        ZipArchive.Member(
          name: entry.name, size: entry.size, isDeflated: entry.isDeflated,
          checksum: entry.checksum, range: start..<start + entry.storedSize))
      extents.append(
        ZipExtent(entry: entry, range: entry.memberPosition..<start + entry.storedSize))
    }
    guard position == range.upperBound else {
      throw .malformed(
        path: file.path,
        reason: "expected \(memberCount) entries in \(range.count) bytes, "
          + "found \(position - range.lowerBound)")
    }
    extents.sort { $0.range.lowerBound < $1.range.lowerBound }
    try check(extents)
    return members
  }

  private func entry(at position: Int) throws(ZipError) -> ZipEntry {
    guard position + 46 <= range.upperBound else {
      throw .malformed(
        path: file.path,
        reason: "expected an entry at byte \(position), found the end of the directory")
    }
    let record = ZipRecord(of: file, in: position..<position + 46)
    guard record.u32(0) == Self.entrySignature else {
      throw .malformed(path: file.path, reason: "expected an entry at byte \(position), found none")
    }
    let nameEnd = position + 46 + record.u16(28)
    let end = nameEnd + record.u16(30) + record.u16(32)
    guard end <= range.upperBound else {
      throw .malformed(
        path: file.path,
        reason: "expected the entry at byte \(position) to end before byte \(range.upperBound), "
          + "found \(end)")
    }
    let nameBytes = ZipRecord(of: file, in: position + 46..<nameEnd).bytes
    guard let name = String(validating: nameBytes, as: UTF8.self), !name.isEmpty else {
      throw .malformed(
        path: file.path,
        reason: "entry at byte \(position): expected a name in UTF-8, "
          + "found \(nameBytes.count) bytes of something else")
    }
    do throws(FileError) {
      try limits.check(name: name, of: "zip entry at byte \(position)", in: file.path)
    } catch { throw .beyondLimit(error) }
    guard ZipEntry.isWithin(name) else { throw .escaping(member: name, path: file.path) }
    guard ZipEntry.isPlain(mode: record.u16(40)) else {
      throw .unsupported(path: file.path, member: name, found: "a link or a device")
    }
    let extra = ZipRecord(of: file, in: nameEnd..<nameEnd + record.u16(30))
    let sizes = [record.u32(24), record.u32(20), record.u32(42)]
    guard let sizes = extra.wide(sizes) else {
      throw .malformedMember(
        path: file.path, member: name,
        reason: "expected a zip64 field for each size of all ones, found none or another size")
    }
    return ZipEntry(
      name: name, flags: record.u16(8), method: record.u16(10),
      checksum: UInt32(record.u32(16)), storedSize: sizes[1], size: sizes[0],
      memberPosition: sizes[2], end: end)
  }

  /// Where the end record starts: the one place from which a comment reaches the end of the file.
  ///
  /// A comment that holds the signature once more would be taken for another archive by readers
  /// that do not look at how long the comment is.
  private static func endPosition(in file: FileBytes) throws(ZipError) -> Int {
    let start = max(0, file.count - 22 - 0xFFFF)
    let tail = ZipRecord(of: file, in: start..<file.count)
    let places = tail.bytes.indices.dropLast(3).filter {
      tail.bytes[$0] == 0x50 && tail.u32($0) == endSignature
    }
    let ends = places.filter {
      $0 + 22 <= tail.bytes.count && $0 + 22 + tail.u16($0 + 20) == tail.bytes.count
    }
    guard let end = ends.first else { throw .notAnArchive(path: file.path, size: file.count) }
    guard places.last == end else {
      throw .malformed(
        path: file.path,
        reason: "expected one end record, found the signature of another in its comment")
    }
    return start + end
  }
}
