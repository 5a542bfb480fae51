import TestSupport
import Testing
import ZipFiles

@Suite struct ZipArchiveTests {
  private let sentence = Array("the quick brown fox jumps over the lazy dog. ".utf8)
  private var text: [UInt8] { (0..<20).flatMap { _ in sentence } }

  @Test func `stored and deflated members read as Python wrote them`() throws {
    try withFile(try Fixture.bytes("plain.zip")) { file in
      let archive = try ZipArchive(file)
      #expect(
        archive.members.map(\.name)
          == ["stored.txt", "folder/deflated.txt", "empty", "empty-deflated", "grüße"])
      let contents = try archive.members.map { try archive.contents(of: $0) }
      #expect(contents == [Array(text[..<100]), text, [], [], Array("utf-8 name".utf8)])
      #expect(archive.members.map(\.size) == contents.map(\.count))
      #expect(archive.members.map(\.isDeflated) == [false, true, false, true, false])
    }
  }

  @Test func `a stored member's bytes lie in the file`() throws {
    let whole = try Fixture.bytes("plain.zip")
    try withFile(whole) { file in
      let archive = try ZipArchive(file)
      let range = try #require(try archive.storedRange(of: archive.members[0]))
      #expect(Array(whole[range]) == Array(text[..<100]))
      #expect(try archive.storedRange(of: archive.members[1]) == nil)
    }
  }

  @Test func `a prefix is read without the rest`() throws {
    try withFile(try Fixture.bytes("plain.zip")) { file in
      let archive = try ZipArchive(file)
      for member in archive.members {
        let whole = try archive.contents(of: member)
        for count in [0, 1, 45, 10_000] {
          #expect(try archive.prefix(of: member, count: count) == Array(whole.prefix(count)))
        }
      }
    }
  }

  @Test(arguments: ["streamed.zip", "forced64.zip", "redundant64.zip"])
  func `sizes beside the members may be absent or those of zip64`(name: String) throws {
    try withFile(try Fixture.bytes(name)) { file in
      let archive = try ZipArchive(file)
      #expect(try archive.contents(of: archive.members[0]) == Array(text[..<100]))
      #expect(ZipArchive.recognizes(file))
    }
  }

  @Test func `sizes, positions and the directory may be those of zip64`() throws {
    try withFile(try Fixture.bytes("wide.zip")) { file in
      let archive = try ZipArchive(file)
      #expect(archive.members.map(\.name) == ["large.txt", "far.txt", "deflated.txt"])
      let contents = try archive.members.map { try archive.contents(of: $0) }
      #expect(contents == [Array(text[..<100]), Array(text[..<50]), text])
    }
  }

  @Test func `an archive of nothing has no members`() throws {
    try withFile(try Fixture.bytes("nothing.zip")) { file in
      let archive = try ZipArchive(file)
      #expect(archive.members.isEmpty)
      #expect(ZipArchive.recognizes(file))
    }
  }
}
