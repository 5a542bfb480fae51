import Files
import TestSupport
import Testing
import ZipFiles

@Suite struct ZipRefusalTests {
  @Test func `a file without an end record is refused`() throws {
    for whole in [[], Array("PK, but not an archive at all".utf8)] as [[UInt8]] {
      try withFile(whole) { file in
        #expect(throws: ZipError.notAnArchive(path: file.path, size: whole.count)) {
          try ZipArchive(file)
        }
        #expect(!ZipArchive.recognizes(file))
      }
    }
  }

  @Test(arguments: ["plain.zip", "streamed.zip", "redundant64.zip", "wide.zip"])
  func `an archive cut short anywhere is refused`(name: String) throws {
    let whole = try Fixture.bytes(name)
    for count in 0..<whole.count {
      try withFile(Array(whole[..<count])) { file in
        #expect(throws: ZipError.notAnArchive(path: file.path, size: count)) {
          try ZipArchive(file)
        }
      }
    }
  }

  @Test func `bytes before the first member are refused`() throws {
    try withFile([0] + (try Fixture.bytes("plain.zip"))) { file in
      #expect(throws: ZipError.self) { try ZipArchive(file) }
    }
  }

  @Test(arguments: [(10, 2), (12, 4), (16, 4)])
  func `a number of all ones without a zip64 end is refused`(offset: Int, count: Int) throws {
    var damaged = try Fixture.bytes("nothing.zip")
    for index in 0..<count { damaged[offset + index] = 0xFF }
    if offset == 10 { damaged.replaceSubrange(8..<10, with: [0xFF, 0xFF]) }
    try withFile(damaged) { file in
      #expect(
        throws: ZipError.malformed(path: file.path, reason: "expected a zip64 end, found none")
      ) { try ZipArchive(file) }
    }
  }

  @Test(arguments: [10, 12, 16])
  func `an end that says otherwise than the zip64 end is refused`(offset: Int) throws {
    var damaged = try Fixture.bytes("redundant64.zip")
    let end = damaged.count - 22
    damaged[end + offset] ^= 1
    if offset == 10 { damaged[end + 8] ^= 1 }
    try withFile(damaged) { file in
      let error = #expect(throws: ZipError.self) { try ZipArchive(file) }
      #expect(error?.description.contains("expected the zip64 end to say ") == true)
    }
  }

  @Test(arguments: [
    (-42 + 8, "expected a zip64 end "), (-42 + 15, "expected a zip64 end before byte "),
    (-42 + 4, "found several parts"), (-42 + 16, "found several parts"),
    (-98, "expected a zip64 end from byte "), (-98 + 4, "expected a zip64 end from byte "),
    (-98 + 16, "found several parts"), (-98 + 24, "found several parts"),
    (-98 + 40, "expected to end at byte "), (-98 + 55, "expected to end before byte "),
  ])
  func `a damaged zip64 end or locator is refused`(offset: Int, reason: String) throws {
    var damaged = try Fixture.bytes("wide.zip")
    damaged[damaged.count + offset] ^= 0x42
    try withFile(damaged) { file in
      let error = #expect(throws: ZipError.self) { try ZipArchive(file) }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
  }

  @Test(arguments: [20, 24, 42])
  func `a size of all ones without its zip64 field is refused`(offset: Int) throws {
    let reason = "expected a zip64 field for each size of all ones, found none or another size"
    try expectRefusal("plain.zip", at: offset, [0xFF, 0xFF, 0xFF, 0xFF]) {
      .malformedMember(path: $0, member: "stored.txt", reason: reason)
    }
    try expectRefusal("wide.zip", at: 46 + 9 + 2, [8]) {
      .malformedMember(path: $0, member: "large.txt", reason: reason)
    }
  }

  @Test func `sizes that overflow are refused`() throws {
    let huge = [UInt8](repeating: 0xFF, count: 8)
    for offset in [46 + 9 + 4, 46 + 9 + 12] {
      try withFile(try patched("wide.zip", at: offset, huge)) { file in
        let error = #expect(throws: ZipError.self) { try ZipArchive(file) }
        #expect(error?.description.contains("member 'large.txt': expected") == true)
      }
    }
    try withFile(try patched("wide.zip", entry: 1, at: 46 + 7 + 4, huge)) { file in
      let error = #expect(throws: ZipError.self) { try ZipArchive(file) }
      #expect(error?.description.contains("member 'far.txt': expected its bytes before") == true)
    }
  }

  @Test func `one part of several is refused`() throws {
    var damaged = try Fixture.bytes("nothing.zip")
    damaged[4] = 1
    try withFile(damaged) { file in
      #expect(throws: ZipError.unsupported(path: file.path, member: nil, found: "several parts")) {
        try ZipArchive(file)
      }
    }
  }

  @Test func `an encrypted member is refused by name`() throws {
    try expectRefusal(
      "plain.zip", at: 8, [1]
    ) { .unsupported(path: $0, member: "stored.txt", found: "encryption") }
  }

  @Test func `another compression method is refused by number`() throws {
    try withFile(try Fixture.bytes("bzip2.zip")) { file in
      let error = #expect(throws: ZipError.self) { try ZipArchive(file) }
      #expect(
        error?.description
          == "\(file.path): zip member 'member': expected a stored or deflated member, "
          + "found compression method 12")
    }
  }

  @Test func `two members of one name are refused`() throws {
    try withFile(try Fixture.bytes("duplicate.zip")) { file in
      #expect(throws: ZipError.duplicateName(path: file.path, member: "twice")) {
        try ZipArchive(file)
      }
    }
  }

  @Test func `a stored member of another size than its bytes is refused`() throws {
    try expectRefusal("plain.zip", at: 24, [101]) {
      .malformedMember(
        path: $0, member: "stored.txt", reason: "expected 100 bytes of 100 stored, found 101")
    }
  }

  @Test func `a size that deflate cannot reach is refused before allocating`() throws {
    let stored = try storedSize(in: "streamed.zip", entry: 1)
    try expectRefusal("streamed.zip", entry: 1, at: 24, [0, 0, 0, 0x40]) {
      .malformedMember(
        path: $0, member: "deflated.txt",
        reason: "expected at most \(1032 * stored) bytes of \(stored) stored, found \(1 << 30)")
    }
  }

  @Test(arguments: [(899, "more"), (901, "900 in a damaged stream")])
  func `a member that unpacks to another size is refused`(size: Int, found: String) throws {
    let low = UInt8(truncatingIfNeeded: size)
    var damaged = try patched("streamed.zip", entry: 1, at: 24, [low])
    damaged[try entries(of: damaged)[0] - 4] = low
    try withFile(damaged) { file in
      let archive = try ZipArchive(file)
      #expect(
        throws: ZipError.malformedMember(
          path: file.path, member: "deflated.txt",
          reason: "expected to unpack to \(size) bytes, found \(found)")
      ) { try archive.contents(of: archive.members[1]) }
    }
  }

  @Test func `a damaged byte is refused by its checksum`() throws {
    var damaged = try Fixture.bytes("plain.zip")
    damaged[30 + 10 + 50] ^= 1
    try withFile(damaged) { file in
      let archive = try ZipArchive(file)
      let error = try #require(throws: ZipError.self) {
        try archive.contents(of: archive.members[0])
      }
      #expect(error.description.contains("member 'stored.txt': expected the CRC-32 "))
      #expect(throws: error) { try archive.storedRange(of: archive.members[0]) }
    }
  }

  @Test func `a wrong checksum of a deflated member is refused`() throws {
    var damaged = try patched("streamed.zip", entry: 1, at: 16, [0, 0, 0, 0])
    let directory = try entries(of: damaged)[0]
    damaged.replaceSubrange(directory - 12..<directory - 8, with: [0, 0, 0, 0])
    try withFile(damaged) { file in
      let archive = try ZipArchive(file)
      let error = #expect(throws: ZipError.self) { try archive.contents(of: archive.members[1]) }
      #expect(error?.description.contains("expected the CRC-32 00000000, found ") == true)
    }
  }

  @Test func `a member whose header is elsewhere is refused`() throws {
    try expectRefusal("plain.zip", at: 42, [1]) {
      .malformedMember(
        path: $0, member: "stored.txt",
        reason: "expected its header at byte 1, found something else")
    }
  }

  @Test func `overlapping members are refused`() throws {
    var damaged = try patched("duplicate.zip", entry: 1, at: 42, [0])
    let entry = try entries(of: damaged)[1]
    damaged[entry + 46] = UInt8(ascii: "T")
    try withFile(damaged) { file in
      #expect(throws: ZipError.self) { try ZipArchive(file) }
    }
  }

  @Test func `a directory that ends elsewhere is refused`() throws {
    let whole = try Fixture.bytes("nothing.zip")
    var damaged = [0, 0, 0, 0] + whole
    try withFile(damaged) { file in
      #expect(
        throws: ZipError.malformed(
          path: file.path, reason: "expected to end at byte 4, found 0")
      ) { try ZipArchive(file) }
    }
    damaged = whole
    damaged[12] = 9
    try withFile(damaged) { file in
      #expect(
        throws: ZipError.malformed(
          path: file.path, reason: "expected to end before byte 0, found 9")
      ) { try ZipArchive(file) }
    }
  }

  @Test func `a directory of more entries than bytes is refused`() throws {
    var damaged = try Fixture.bytes("forced64.zip")
    damaged[damaged.count - 22 + 8] = 2
    damaged[damaged.count - 22 + 10] = 2
    try withFile(damaged) { file in
      let error = #expect(throws: ZipError.self) { try ZipArchive(file) }
      #expect(error?.description.hasSuffix("found the end of the directory") == true)
    }
  }

  private func expectRefusal(
    _ name: String, entry: Int = 0, at offset: Int, _ patch: [UInt8],
    _ expected: (String) -> ZipError
  ) throws {
    try withFile(try patched(name, entry: entry, at: offset, patch)) { file in
      #expect(throws: expected(file.path)) { try ZipArchive(file) }
    }
  }

  /// A fixture with `patch` at `offset` of one entry of its directory.
  private func patched(
    _ name: String, entry: Int = 0, at offset: Int, _ patch: [UInt8]
  ) throws -> [UInt8] {
    var whole = try Fixture.bytes(name)
    let position = try entries(of: whole)[entry] + offset
    whole.replaceSubrange(position..<position + patch.count, with: patch)
    return whole
  }

  private func storedSize(in name: String, entry: Int) throws -> Int {
    let whole = try Fixture.bytes(name)
    let position = try entries(of: whole)[entry] + 20
    return Int(whole[position]) | Int(whole[position + 1]) << 8
  }

  private func entries(of whole: [UInt8]) throws -> [Int] {
    let found = whole.indices.filter { whole[$0...].starts(with: [0x50, 0x4B, 1, 2]) }
    return try #require(found.isEmpty ? nil : found)
  }
}
