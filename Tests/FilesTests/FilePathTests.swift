import Files
import Glibc
import TestSupport
import Testing

@Suite struct FilePathTests {
  @Test func `paths to one place are the same, whether or not a file is there`() throws {
    try ScratchFolder.with { folder in
      try folder.write([7], to: "a")
      try #require(unsafe symlink("a", folder.file("link")) == 0)
      #expect(FilePath.areSame(folder.file("a"), folder.file("./a")))
      #expect(FilePath.areSame(folder.file("a"), folder.file("link")))
      #expect(FilePath.areSame(folder.file("new"), folder.file(".//new")))
      #expect(FilePath.areSame("no-such-file", "./no-such-file"))
    }
  }

  @Test func `paths to two places differ, also to hard links of one file`() throws {
    try ScratchFolder.with { folder in
      try folder.write([7], to: "a")
      try #require(unsafe link(folder.file("a"), folder.file("b")) == 0)
      #expect(!FilePath.areSame(folder.file("a"), folder.file("b")))
      #expect(!FilePath.areSame(folder.file("a"), folder.file("new")))
      #expect(!FilePath.areSame("none/a", "none/b"))
    }
  }
}
