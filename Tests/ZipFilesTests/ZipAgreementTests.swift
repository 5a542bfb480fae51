import Files
import TestSupport
import Testing
import ZipFiles

/// What the directory and the rest of the archive say of each other.
@Suite struct ZipAgreementTests {
  /// An archive of one stored member, whose bytes are `hello`.
  private struct Archive {
    static let sums = little(0x3610_A686, 4)

    var name = "a"
    /// What follows the bytes of a member that is written as a stream; nil: it is not.
    var descriptor: [UInt8]?
    /// What stands between the member and the directory.
    var gap: [UInt8] = []
    /// The mode of Unix in the directory.
    var mode = 0
    var comment: [UInt8] = []

    var bytes: [UInt8] {
      let flags = little(descriptor == nil ? 0 : 8, 2)
      let start = little(20, 2) + flags + [0, 0, 0, 0, 0x21, 0]
      let sums = Self.sums + little(5, 4) + little(5, 4)
      let names = little(name.utf8.count, 2) + [0, 0]
      let member =
        [0x50, 0x4B, 3, 4] + start + (descriptor == nil ? sums : [UInt8](repeating: 0, count: 12))
        + names + Array((name + "hello").utf8) + (descriptor ?? []) + gap
      let directory =
        [0x50, 0x4B, 1, 2, 20, 3] + start + sums + names + little(0, 8) + little(mode, 2)
        + little(0, 4) + Array(name.utf8)
      return member + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0]
        + little(directory.count, 4) + little(member.count, 4) + little(comment.count, 2) + comment
    }
  }

  @Test(arguments: [
    (6, "flags 0 of the directory, found 2"), (8, "method 0 of the directory, found 2"),
    (14, "CRC-32 "), (18, "stored size 100 of the directory, found 102"),
    (22, "size 100 of the directory, found 102"),
  ])
  func `a header that says otherwise than the directory is refused`(
    offset: Int, reason: String
  ) throws {
    var damaged = try Fixture.bytes("plain.zip")
    damaged[offset] ^= 2
    try expectRefusal(damaged, "member 'stored.txt': expected its header to have the \(reason)")
  }

  @Test func `zip64 sizes beside the member that are not the directory's are refused`() throws {
    for (place, noun) in [(0, "size"), (8, "stored size")] {
      var damaged = try Fixture.bytes("forced64.zip")
      damaged[30 + 10 + 4 + place] ^= 2
      try expectRefusal(
        damaged, "expected its header to have the \(noun) 100 of the directory, found 102")
    }
  }

  @Test(arguments: [(14, "CRC-32"), (18, "stored size"), (22, "size")])
  func `a header of a stream that has sums is refused`(offset: Int, noun: String) throws {
    var damaged = try Fixture.bytes("streamed.zip")
    damaged[offset] = 7
    try expectRefusal(
      damaged, "member 'stored.txt': expected its header to have the \(noun) 0, found 7")
  }

  @Test(arguments: [true, false], [4, 8])
  func `sums after a stream have a signature or none, and sizes of 4 or 8 bytes`(
    hasSignature: Bool, width: Int
  ) throws {
    let descriptor =
      (hasSignature ? [0x50, 0x4B, 7, 8] : []) + Archive.sums + little(5, width) + little(5, width)
    try withFile(Archive(descriptor: descriptor).bytes) { file in
      let archive = try ZipArchive(file)
      #expect(try archive.contents(of: archive.members[0]) == Array("hello".utf8))
    }
    for index in descriptor.indices {
      var damaged = descriptor
      damaged[index] ^= 1
      try expectRefusal(Archive(descriptor: damaged).bytes, "its CRC-32 and sizes once more")
    }
    for damaged in [descriptor + [0], descriptor.dropLast(), []] {
      try expectRefusal(Archive(descriptor: damaged).bytes, "its CRC-32 and sizes once more")
    }
  }

  @Test func `bytes that no member has are refused`() throws {
    try expectRefusal(
      Archive(gap: [0x50, 0x4B, 3, 4]).bytes,
      "member 'a': expected the next member or the directory at byte 36, where it ends, "
        + "found 4 bytes before them")
    var shifted = Archive().bytes
    let (directory, end) = (36, shifted.count - 22)
    shifted[directory + 42] += 1
    shifted[end + 16] += 1
    try expectRefusal([0] + shifted, "expected the first member at byte 0, found 1")
    var empty = try Fixture.bytes("nothing.zip")
    empty[16] = 4
    try expectRefusal([0, 0, 0, 0] + empty, "expected to start at byte 0, found 4")
  }

  @Test func `a member that the directory leaves out is refused`() throws {
    var damaged = try Fixture.bytes("plain.zip")
    let entries = damaged.indices.filter { damaged[$0...].starts(with: [0x50, 0x4B, 1, 2]) }
    let end = try #require(
      damaged.indices.last { damaged[$0...].starts(with: [0x50, 0x4B, 5, 6]) })
    for place in [8, 10] { damaged[end + place] -= 1 }
    let size = end - entries[0] - (entries[2] - entries[1])
    damaged.replaceSubrange(end + 12..<end + 16, with: little(size, 4))
    damaged.removeSubrange(entries[1]..<entries[2])
    try expectRefusal(damaged, "member 'stored.txt': expected the next member or the directory")
  }

  @Test func `a comment that describes another archive is refused`() throws {
    let inner = Archive(name: "b").bytes
    for comment in [inner, inner + [0], [0x50, 0x4B, 5, 6]] {
      try expectRefusal(
        Archive(comment: comment).bytes,
        "expected one end record, found the signature of another in its comment")
    }
    try withFile(Archive(comment: Array("PK, a comment".utf8)).bytes) { file in
      let members = try ZipArchive(file).members
      #expect(members.count == 1)
    }
  }

  @Test(arguments: [
    "..\\a", "a\\b", "C:/a", "c:a", "/a", "../a", "a/../b", "a/..", "..", "a\0b",
  ])
  func `a name that may lead out of the archive is neither read nor written`(name: String) throws {
    try expectRefusal(
      Archive(name: name).bytes, "expected a name that leads to a place within the archive")
    try withFile([7]) { file in
      #expect(
        throws: ZipError.malformedMember(
          path: file.path, member: name,
          reason: "expected a name that leads to a place within the archive")
      ) { try ZipArchive.write([(name, { [] })], to: file.path) }
    }
  }

  @Test(arguments: ["a..b", "...", "layer:0", "a/b:c", "1:a"])
  func `a name that only looks as if it led out is read`(name: String) throws {
    try withFile(Archive(name: name).bytes) { file in
      let members = try ZipArchive(file).members
      #expect(members.map(\.name) == [name])
    }
  }

  @Test(arguments: [0o120777, 0o020666, 0o010644, 0o140755])
  func `a member that is a link or a device is refused`(mode: Int) throws {
    try expectRefusal(Archive(mode: mode).bytes, "member 'a': ", "found a link or a device")
  }

  @Test(arguments: [0, 0o600, 0o100644, 0o040755])
  func `a member that is a file or a folder is read`(mode: Int) throws {
    try withFile(Archive(mode: mode).bytes) { file in
      let members = try ZipArchive(file).members
      #expect(members.count == 1)
    }
  }

  private func expectRefusal(
    _ bytes: [UInt8], _ reasons: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try withFile(bytes) { file in
      let error = #expect(throws: ZipError.self, sourceLocation: sourceLocation) {
        try ZipArchive(file)
      }
      let text = error?.description ?? ""
      #expect(
        text.hasPrefix(file.path) && reasons.allSatisfy { text.contains($0) }, "\(text)",
        sourceLocation: sourceLocation)
    }
  }
}

/// The lowest `count` bytes of `value`, the lowest first.
private func little(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
