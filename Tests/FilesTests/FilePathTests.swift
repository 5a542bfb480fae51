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

  @Test func `hard links of one file are the same`() throws {
    try ScratchFolder.with { folder in
      try folder.write([7], to: "a")
      try #require(unsafe link(folder.file("a"), folder.file("b")) == 0)
      #expect(FilePath.areSame(folder.file("a"), folder.file("b")))
    }
  }

  @Test func `paths to what is not there yet are the same however they are spelled`() throws {
    try ScratchFolder.with { folder in
      for other in ["new/b/", "./new//b", "new/./b", "new/c/../b", "new/b/."] {
        #expect(FilePath.areSame(folder.file("new/b"), folder.file(other)), "\(other)")
      }
      #expect(FilePath.areSame("/no-such/a", "/no-such/../no-such/a"))
      try #require(unsafe symlink(".", folder.file("here")) == 0)
      #expect(FilePath.areSame(folder.file("new/b"), folder.file("here/new/b")))
    }
  }

  @Test func `a link is one, whether or not it leads anywhere, and what it leads to is none`()
    throws
  {
    try ScratchFolder.with { folder in
      try folder.write([7], to: "a")
      try #require(unsafe symlink("a", folder.file("link")) == 0)
      try #require(unsafe symlink("none", folder.file("lost")) == 0)
      #expect(
        ["a", "link", "lost", "none"].map { FilePath.isLink(folder.file($0)) }
          == [false, true, true, false])
    }
  }

  @Test func `paths to two places differ`() throws {
    try ScratchFolder.with { folder in
      try folder.write([7], to: "a")
      try folder.write([7], to: "b")
      #expect(!FilePath.areSame(folder.file("a"), folder.file("b")))
      #expect(!FilePath.areSame(folder.file("a"), folder.file("new")))
      #expect(!FilePath.areSame("none/a", "none/b"))
    }
  }
}
