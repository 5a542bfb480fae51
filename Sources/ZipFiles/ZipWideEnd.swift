import Files

/// What the zip64 end says; ``ZipArchive`` draws it and its locator.
struct ZipWideEnd {
  static let signature = 0x0606_4B50
  static let locatorSignature = 0x0706_4B50

  /// Where it starts, which is where the directory ends.
  let position: Int
  let memberCount: Int
  let directorySize: Int
  let directoryStart: Int

  /// Finds it by the locator that stands before the end at `end`; nil if none stands there.
  init?(before end: Int, in file: FileBytes) throws(ZipError) {
    guard end >= 20 else { return nil }
    let locator = ZipRecord(of: file, in: end - 20..<end)
    guard locator.u32(0) == Self.locatorSignature else { return nil }
    let position = locator.u64(8)
    guard locator.u32(4) == 0, locator.u32(16) <= 1 else {
      throw .unsupported(path: file.path, member: nil, found: "several parts")
    }
    guard position <= end - 20 - 56 else {
      throw .malformed(
        path: file.path, reason: "expected a zip64 end before byte \(end - 75), found \(position)")
    }
    let record = ZipRecord(of: file, in: position..<position + 56)
    guard record.u32(0) == Self.signature, record.u64(4) == end - 20 - position - 12 else {
      throw .malformed(
        path: file.path,
        reason: "expected a zip64 end from byte \(position) to \(end - 20), found something else")
    }
    guard record.u32(16) == 0, record.u32(20) == 0, record.u64(24) == record.u64(32) else {
      throw .unsupported(path: file.path, member: nil, found: "several parts")
    }
    self.position = position
    memberCount = record.u64(32)
    directorySize = record.u64(40)
    directoryStart = record.u64(48)
  }
}
