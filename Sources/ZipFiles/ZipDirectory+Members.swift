import Files

extension ZipDirectory {
  static let descriptorSignature = 0x0807_4B50

  /// Where the bytes of the member start, after checking `entry` alone and against the header beside
  /// them, which has to say the same.
  func start(of entry: ZipEntry) throws(ZipError) -> Int {
    func malformed(_ reason: String) -> ZipError {
      .malformedMember(path: file.path, member: entry.name, reason: reason)
    }
    func unsupported(_ found: String) -> ZipError {
      .unsupported(path: file.path, member: entry.name, found: found)
    }
    guard entry.flags & 0x2041 == 0 else { throw unsupported("encryption") }
    guard entry.method == 0 || entry.isDeflated else {
      throw unsupported("compression method \(entry.method)")
    }
    guard entry.storedSize <= range.lowerBound, entry.memberPosition <= range.lowerBound - 30 else {
      throw malformed(
        "expected its bytes before byte \(range.lowerBound), found \(entry.storedSize) bytes "
          + "at byte \(entry.memberPosition)")
    }
    let largest = entry.isDeflated ? entry.storedSize * Self.largestExpansion : entry.storedSize
    guard entry.size <= largest, entry.isDeflated || entry.size == entry.storedSize else {
      throw malformed(
        "expected \(entry.isDeflated ? "at most " : "")\(largest) bytes of \(entry.storedSize) "
          + "stored, found \(entry.size)")
    }
    guard !entry.isDeflated || max(entry.size, entry.storedSize) < 0xFFFF_FFFF else {
      throw unsupported("a deflated member of 4 GiB or more")
    }
    let header = ZipRecord(of: file, in: entry.memberPosition..<entry.memberPosition + 30)
    let nameStart = entry.memberPosition + 30
    let nameEnd = nameStart + header.u16(26)
    guard header.u32(0) == Self.memberSignature, nameEnd <= range.lowerBound,
      ZipRecord(of: file, in: nameStart..<nameEnd).bytes == Array(entry.name.utf8)
    else {
      throw malformed("expected its header at byte \(entry.memberPosition), found something else")
    }
    let start = nameEnd + header.u16(28)
    guard start + entry.storedSize <= range.lowerBound else {
      throw malformed(
        "expected to end before byte \(range.lowerBound), found \(start + entry.storedSize)")
    }
    let extra = ZipRecord(of: file, in: nameEnd..<start)
    let sizes = extra.wide([header.u32(22), header.u32(18)])
    let (size, storedSize) = entry.hasDescriptor ? (0, 0) : (entry.size, entry.storedSize)
    for (noun, expected, found) in [
      ("flags", entry.flags, header.u16(6)), ("method", entry.method, header.u16(8)),
      ("CRC-32", entry.hasDescriptor ? 0 : Int(entry.checksum), header.u32(14)),
      ("size", size, sizes?[0] ?? header.u32(22)),
      ("stored size", storedSize, sizes?[1] ?? header.u32(18)),
    ] where expected != found {
      throw malformed(
        "expected its header to have the \(noun) \(expected)"
          + "\(entry.hasDescriptor && expected == 0 ? "" : " of the directory"), found \(found)")
    }
    return start
  }

  /// Checks that members, in the order of the file, and what follows those written as streams fill it
  /// from its first byte up to the directory.
  func check(_ extents: [ZipExtent]) throws(ZipError) {
    let starts = extents.map(\.range.lowerBound) + [range.lowerBound]
    guard starts[0] == 0 else {
      throw .malformed(
        path: file.path,
        reason: "expected \(extents.isEmpty ? "to start" : "the first member") at byte 0, "
          + "found \(starts[0])")
    }
    for (extent, next) in zip(extents, extents.dropFirst())
    where extent.range.upperBound > next.range.lowerBound {
      throw .malformedMember(
        path: file.path, member: next.entry.name,
        reason: "expected to start after byte \(extent.range.upperBound), where "
          + "'\(extent.entry.name)' ends, found \(next.range.lowerBound)")
    }
    for (extent, next) in zip(extents, starts.dropFirst()) {
      let rest = extent.range.upperBound..<next
      guard !extent.entry.hasDescriptor else {
        try check(descriptor: rest, of: extent.entry)
        continue
      }
      guard rest.isEmpty else {
        throw .malformedMember(
          path: file.path, member: extent.entry.name,
          reason: "expected the next member or the directory at byte \(rest.lowerBound), where it "
            + "ends, found \(rest.count) bytes before them")
      }
    }
  }

  /// Checks what follows the bytes of a member that was written as a stream: its checksum and sizes, in
  /// 4 or 8 bytes each, with or without a signature before them.
  private func check(descriptor range: Range<Int>, of entry: ZipEntry) throws(ZipError) {
    let record = ZipRecord(of: file, in: range.prefix(24))
    let isWide = range.count >= 20
    let start = isWide ? range.count - 20 : range.count - 12
    guard start == 0 || start == 4 && record.u32(0) == Self.descriptorSignature,
      record.u32(start) == Int(entry.checksum),
      (isWide ? record.u64(start + 4) : record.u32(start + 4)) == entry.storedSize,
      (isWide ? record.u64(start + 12) : record.u32(start + 8)) == entry.size
    else {
      throw .malformedMember(
        path: file.path, member: entry.name,
        reason: "expected its CRC-32 and sizes once more from byte \(range.lowerBound) to "
          + "\(range.upperBound), found something else")
    }
  }
}
