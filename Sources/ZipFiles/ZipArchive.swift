public import Files

/// A zip archive (PKWARE APPNOTE 6.3), without encryption and several disks.
///
///     a member   0 "PK\3\4"  4 version u16  6 flags u16  8 method u16  10 time, date u32
///                14 CRC-32 u32  18 stored size u32  22 size u32  26 n u16  28 m u16
///                30 name [n], extra [m], then the stored bytes
///     ...
///     directory  0 "PK\1\2"  4 versions u32  8 flags u16  10 method u16  12 time, date u32
///                16 CRC-32 u32  20 stored size u32  24 size u32  28 n u16  30 m u16  32 k u16
///                34 disk u16  36 attributes 6 bytes  42 position of the member u32
///                46 name [n], extra [m], comment [k], and so for each member
///     zip64 end  0 "PK\6\6"  4 size of what follows u64  12 versions u32  16 disk u32
///                20 disk u32  24 members here u64  32 members u64
///                40 size of the directory u64  48 its position u64, then what a version adds
///     locator    0 "PK\6\7"  4 disk u32  8 position of the zip64 end u64  16 disks u32
///     end        0 "PK\5\6"  4 disk u16  6 disk u16  8 members here u16  10 members u16
///                12 size of the directory u32  16 its position u32  20 c u16  22 comment [c]
///
/// Integers are little-endian. Methods: 0 stored, 8 deflated. Members fill the file from its first
/// byte up to the directory, in any order. The header beside a member says what the directory says;
/// with flag 3 it was written as a stream: CRC-32 and sizes are 0 there, and follow the stored bytes
/// as `"PK\7\8"`, which may be absent, CRC-32 u32, stored size, size, the sizes as u32 or u64. Extra
/// fields may pad the bytes to an alignment. The zip64 end and its locator are optional; where they
/// stand, the end says the same or has a number of all ones. A size, stored size or position of all
/// ones stands, in this order and as a u64, in the extra field `1 u16  size u16`.
public struct ZipArchive: Sendable {
  /// One file of the archive.
  public struct Member: Sendable, Equatable {
    /// Its name, with `/` between folders.
    public let name: String
    /// Its size in bytes, unpacked.
    public let size: Int
    /// Whether its bytes are deflated rather than stored as they are.
    public let isDeflated: Bool

    let checksum: UInt32
    /// Where its bytes lie in the archive, packed.
    let range: Range<Int>
  }

  /// The file that holds the archive.
  public let file: FileBytes

  /// The members in the order of the directory.
  public let members: [Member]

  private let limits: ReadingLimits

  /// A deflated header may unpack to so many bytes, or to as many times its stored size if larger.
  private static let headerExpansion = (floor: 1 << 24, factor: 16)

  /// Reads the directory of the archive in `file` and checks it against the members' headers.
  ///
  /// The members together may unpack to no more than `limits` allow, whichever are read. Throws
  /// ``ZipError``. The members' bytes are checked when they are read.
  public init(_ file: FileBytes, limits: ReadingLimits = .standard) throws(ZipError) {
    self.file = file
    self.limits = limits
    let directory = try ZipDirectory(of: file, limits: limits)
    members = try directory.members()
    let size = members.reduce(0) { $0.clampedSum($1.size) }
    do throws(FileError) {
      try limits.checkExpansion(of: file.count, to: size, of: "zip directory", in: file.path)
    } catch { throw .beyondLimit(error) }
  }

  /// Whether `file` starts as an archive does.
  public static func recognizes(_ file: FileBytes) -> Bool {
    guard file.count >= 22 else { return false }
    let signature = ZipRecord(of: file, in: 0..<4).u32(0)
    return signature == ZipDirectory.memberSignature || signature == ZipDirectory.endSignature
  }

  /// Where the bytes of a stored `member` lie in the file, after checking them; nil if deflated.
  ///
  /// Throws ``ZipError/checksum(path:member:expected:found:)``.
  public func storedRange(of member: Member) throws(ZipError) -> Range<Int>? {
    guard !member.isDeflated else { return nil }
    try check(file.withBytes(in: member.range, crc32(of:)), of: member)
    return member.range
  }

  /// The bytes of `member`, unpacked and checked. Throws ``ZipError``.
  public func contents(of member: Member) throws(ZipError) -> [UInt8] {
    guard member.isDeflated else {
      let bytes = ZipRecord(of: file, in: member.range).bytes
      try check(unsafe crc32(of: bytes.span.bytes), of: member)
      return bytes
    }
    let inflated = file.withBytes(in: member.range) { Inflated($0, limit: member.size + 1) }
    guard inflated.isComplete, inflated.bytes.count == member.size else {
      let found =
        inflated.bytes.count > member.size ? "more" : "\(inflated.bytes.count) in a damaged stream"
      throw .malformedMember(
        path: file.path, member: member.name,
        reason: "expected to unpack to \(member.size) bytes, found \(found)")
    }
    try check(unsafe crc32(of: inflated.bytes.span.bytes), of: member)
    return inflated.bytes
  }

  /// The bytes of `member`, a header whose values take many times its size in memory.
  ///
  /// Throws ``ZipError``, before anything is unpacked where the limits forbid it.
  public func header(of member: Member) throws(ZipError) -> [UInt8] {
    let name = "zip member '\(member.name)'"
    do throws(FileError) {
      try limits.check(.headerBytes, member.size, of: name, in: file.path)
    } catch { throw .beyondLimit(error) }
    let allowed = max(
      Self.headerExpansion.floor, member.range.count * Self.headerExpansion.factor)
    guard !member.isDeflated || member.size <= allowed else {
      throw .malformedMember(
        path: file.path, member: member.name,
        reason: "expected a header that unpacks to at most \(allowed) bytes, found \(member.size)")
    }
    return try contents(of: member)
  }

  /// The first `count` bytes of `member`, or all if it has fewer; their checksum is not checked.
  ///
  /// Throws ``ZipError`` when they cannot be unpacked.
  public func prefix(of member: Member, count: Int) throws(ZipError) -> [UInt8] {
    let count = min(count, member.size)
    let start = member.range.lowerBound
    guard member.isDeflated else { return ZipRecord(of: file, in: start..<start + count).bytes }
    let inflated = file.withBytes(in: member.range) { Inflated($0, limit: count) }
    guard inflated.bytes.count == count else {
      throw .malformedMember(
        path: file.path, member: member.name,
        reason: "expected to unpack to \(member.size) bytes, found \(inflated.bytes.count) "
          + "in a damaged stream")
    }
    return inflated.bytes
  }

  private func check(_ found: UInt32, of member: Member) throws(ZipError) {
    guard found == member.checksum else {
      throw .checksum(
        path: file.path, member: member.name, expected: member.checksum, found: found)
    }
  }
}
