import Files
import TestSupport
import Testing

@Suite struct FolderTests {
  @Test func `names come in the order of their bytes, hidden ones too`() throws {
    try ScratchFolder.with { folder in
      for name in ["b", "a10", "é", "a2", "B", ".hidden", "a"] { try folder.write([], to: name) }
      #expect(
        try Folder.names(at: folder.path) == [".hidden", "B", "a", "a10", "a2", "b", "é"])
    }
  }

  @Test func `an empty folder has no names`() throws {
    try ScratchFolder.with { folder in
      let names = try Folder.names(at: folder.path)
      #expect(names.isEmpty)
    }
  }

  @Test func `a missing folder and a file are not listed`() throws {
    try ScratchFolder.with { folder in
      let (none, file) = (folder.file("none"), try folder.write([1]))
      #expect(throws: FileError.notFound(path: none)) { try Folder.names(at: none) }
      #expect(throws: FileError.notAFolder(path: file)) { try Folder.names(at: file) }
      #expect(!Folder.exists(at: none) && !Folder.exists(at: file))
    }
  }

  @Test func `a folder is created with those above it, and again without harm`() throws {
    try ScratchFolder.with { folder in
      for _ in 0..<2 { try Folder.create(at: folder.file("a/b//c/")) }
      #expect(Folder.exists(at: folder.file("a/b/c")))
    }
  }

  @Test func `a folder below a file cannot be created`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write([1]) + "/a"
      #expect(throws: FileError.cannotCreate(path: path, reason: "File exists")) {
        try Folder.create(at: path)
      }
    }
  }
}
