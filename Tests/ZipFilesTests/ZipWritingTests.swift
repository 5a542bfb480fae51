import Files
import Testing
import ZipFiles

@Suite struct ZipWritingTests {
  @Test func `members are read back in order, whatever they hold`() throws {
    let members: [(name: String, bytes: [UInt8])] = [
      ("b/größe.npy", Array("hello".utf8)), ("a", []), ("zeros", [UInt8](repeating: 0, count: 999)),
    ]
    try withFile([]) { file in
      try ZipArchive.write(members.map { member in (member.name, { member.bytes }) }, to: file.path)
      let archive = try ZipArchive(try FileBytes(path: file.path))
      #expect(archive.members.map(\.name) == members.map(\.name))
      #expect(try archive.members.map { try archive.contents(of: $0) } == members.map(\.bytes))
      #expect(try archive.members.allSatisfy { try archive.storedRange(of: $0) != nil })
    }
  }

  @Test func `an archive without members is an archive`() throws {
    try withFile([]) { file in
      try ZipArchive.write([], to: file.path)
      #expect(try ZipArchive(try FileBytes(path: file.path)).members.isEmpty)
    }
  }

  @Test func `more members than the format counts are refused by name`() throws {
    try withFile([7]) { file in
      let error = ZipError.tooLarge(path: file.path, member: "65534", limit: "65534 members")
      #expect(throws: error) {
        try ZipArchive.write((0..<0xFFFF).map { ("\($0)", { [] }) }, to: file.path)
      }
      #expect(error.fault == .cannotCreateOutput)
      let count = try FileBytes(path: file.path).count
      #expect(count == 1)
    }
  }

  @Test func `what a member's contents throw leaves the old file`() throws {
    try withFile([7]) { file in
      #expect(throws: ZipError.notAnArchive(path: "other", size: 0)) {
        try ZipArchive.write(
          [("a", { throw ZipError.notAnArchive(path: "other", size: 0) })], to: file.path)
      }
      let count = try FileBytes(path: file.path).count
      #expect(count == 1)
    }
  }
}
