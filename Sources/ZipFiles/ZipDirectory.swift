import Files

/// The directory of an archive; ``ZipArchive`` draws the records.
struct ZipDirectory {
  static let memberSignature = 0x0403_4B50
  static let entrySignature = 0x0201_4B50
  static let endSignature = 0x0605_4B50

  /// Deflate makes at most this many bytes of one.
  static let largestExpansion = 1032

  private let file: FileBytes
  private let limits: ReadingLimits
  private let range: Range<Int>
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

  /// Every member, with names that differ and bytes that do not overlap.
  func members() throws(ZipError) -> [ZipArchive.Member] {
    var members: [ZipArchive.Member] = []
    var names: Set<String> = []
    var extents: [(range: Range<Int>, name: String)] = []
    var position = range.lowerBound
    for _ in 0..<memberCount {
      let entry = try entry(at: position)
      position = entry.end
      let member = try member(entry)
      guard names.insert(member.name).inserted else {
        throw .duplicateName(path: file.path, member: member.name)
      }
      members.append(member)
      extents.append((entry.memberPosition..<member.range.upperBound, member.name))
    }
    guard position == range.upperBound else {
      throw .malformed(
        path: file.path,
        reason: "expected \(memberCount) entries in \(range.count) bytes, "
          + "found \(position - range.lowerBound)")
    }
    extents.sort { $0.range.lowerBound < $1.range.lowerBound }
    for (one, next) in zip(extents, extents.dropFirst())
    where one.range.upperBound > next.range.lowerBound {
      throw .malformedMember(
        path: file.path, member: next.name,
        reason: "expected to start after byte \(one.range.upperBound), where '\(one.name)' ends, "
          + "found \(next.range.lowerBound)")
    }
    return members
  }

  private struct Entry {
    let name: String
    let flags: Int
    let method: Int
    let checksum: UInt32
    let storedSize: Int
    let size: Int
    let memberPosition: Int
    let end: Int
  }

  private func entry(at position: Int) throws(ZipError) -> Entry {
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
    guard !name.hasPrefix("/"), !name.utf8.contains(0), !name.split(separator: "/").contains("..")
    else {
      throw .malformedMember(
        path: file.path, member: name,
        reason: "expected a name that leads to a place within the archive")
    }
    let extra = ZipRecord(of: file, in: nameEnd..<nameEnd + record.u16(30))
    let sizes = [record.u32(24), record.u32(20), record.u32(42)]
    guard let sizes = extra.wide(sizes) else {
      throw .malformedMember(
        path: file.path, member: name,
        reason: "expected a zip64 field for each size of all ones, found none or another size")
    }
    return Entry(
      name: name, flags: record.u16(8), method: record.u16(10),
      checksum: UInt32(record.u32(16)), storedSize: sizes[1], size: sizes[0],
      memberPosition: sizes[2], end: end)
  }

  /// Checks `entry` alone, then against the header beside the member's bytes.
  private func member(_ entry: Entry) throws(ZipError) -> ZipArchive.Member {
    func malformed(_ reason: String) -> ZipError {
      .malformedMember(path: file.path, member: entry.name, reason: reason)
    }
    func unsupported(_ found: String) -> ZipError {
      .unsupported(path: file.path, member: entry.name, found: found)
    }
    guard entry.flags & 0x2041 == 0 else { throw unsupported("encryption") }
    guard entry.method == 0 || entry.method == 8 else {
      throw unsupported("compression method \(entry.method)")
    }
    let isDeflated = entry.method == 8
    guard entry.storedSize <= range.lowerBound, entry.memberPosition <= range.lowerBound - 30 else {
      throw malformed(
        "expected its bytes before byte \(range.lowerBound), found \(entry.storedSize) bytes "
          + "at byte \(entry.memberPosition)")
    }
    let largest = isDeflated ? entry.storedSize * Self.largestExpansion : entry.storedSize
    guard entry.size <= largest, isDeflated || entry.size == entry.storedSize else {
      throw malformed(
        "expected \(isDeflated ? "at most " : "")\(largest) bytes of \(entry.storedSize) stored, "
          + "found \(entry.size)")
    }
    guard !isDeflated || max(entry.size, entry.storedSize) < 0xFFFF_FFFF else {
      throw unsupported("a deflated member of 4 GiB or more")
    }
    let record = ZipRecord(of: file, in: entry.memberPosition..<entry.memberPosition + 30)
    let nameStart = entry.memberPosition + 30
    let nameEnd = nameStart + record.u16(26)
    guard record.u32(0) == Self.memberSignature, record.u16(8) == entry.method,
      nameEnd <= range.lowerBound,
      ZipRecord(of: file, in: nameStart..<nameEnd).bytes == Array(entry.name.utf8)
    else {
      throw malformed(
        "expected its header at byte \(entry.memberPosition), found something else")
    }
    let start = nameEnd + record.u16(28)
    guard start + entry.storedSize <= range.lowerBound else {
      throw malformed(
        "expected to end before byte \(range.lowerBound), found \(start + entry.storedSize)")
    }
    return ZipArchive.Member(
      name: entry.name, size: entry.size, isDeflated: isDeflated, checksum: entry.checksum,
      range: start..<start + entry.storedSize)
  }

  /// Where the end record starts: the last place from which a comment reaches the end of the file.
  private static func endPosition(in file: FileBytes) throws(ZipError) -> Int {
    let start = max(0, file.count - 22 - 0xFFFF)
    let tail = ZipRecord(of: file, in: start..<file.count)
    var position = tail.bytes.count - 22
    while position >= 0 {
      if tail.u32(position) == endSignature,
        position + 22 + tail.u16(position + 20) == tail.bytes.count
      {
        return start + position
      }
      position -= 1
    }
    throw .notAnArchive(path: file.path, size: file.count)
  }
}
