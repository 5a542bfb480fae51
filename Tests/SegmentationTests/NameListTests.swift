import Segmentation
import TestSupport
import Testing

@Suite struct NameListTests {
  @Test func `a list of names is a name a line`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Array("dog\r\n\n cat \n".utf8))
      #expect(try NameList(path: path).names == ["dog", "cat"])
    }
  }

  @Test func `a line that is a path is no name`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Array("dog\n/JPEGImages/dog/00000.jpg /a.png\n".utf8))
      #expect(
        throws: ClipError.notAName(path: path, line: 2, found: "/JPEGImages/dog/00000.jpg /a.png")
      ) { try NameList(path: path) }
    }
  }

  @Test func `a list without a name is refused`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Array("\n".utf8))
      #expect(throws: ClipError.noNames(path: path)) { try NameList(path: path) }
    }
  }
}
