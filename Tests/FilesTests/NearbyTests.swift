import Files
import Foundation
import TestSupport
import Testing

/// What errors say is near a path that was named by mistake.
@Suite struct NearbyTests {
  @Test func `a missing file's hint names the one that is called alike`() throws {
    try ScratchFolder.with { folder in
      try Folder.create(at: folder.file("exports"))
      try folder.write([1], to: "exports/decode.onnx")
      for wrong in ["exports/decod.onnx", "export/decode.onnx"] {
        #expect(
          FileError.notFound(path: folder.file(wrong)).hint
            == "there is one called alike: \(folder.file("exports/decode.onnx"))")
      }
      let other = FileError.notFound(path: folder.file("exports/x"))
      #expect(other.hint == "check the spelling of the path, or name a file that exists")
    }
  }

  @Test func `the hint for a folder names the files in it, where they are few`() throws {
    try ScratchFolder.with { folder in
      #expect(
        FileError.aFolder(path: folder.path).hint == "name the file itself, not its folder")
      for name in ["b", "a c", ".hidden"] { try folder.write([1], to: name) }
      try Folder.create(at: folder.file("folder"))
      #expect(
        FileError.aFolder(path: folder.path).hint
          == "name what is meant of the files in it: '\(folder.file("a c"))' \(folder.file("b"))")
      for index in 0..<8 { try folder.write([1], to: "\(index)") }
      #expect(
        FileError.aFolder(path: folder.path).hint == "name the file itself, not its folder")
    }
  }

  @Test func `companions of a file end like it, and those that are known do not count`() throws {
    try ScratchFolder.with { folder in
      for name in ["a.onnx", "b.onnx", "c.onnx", "c.h5"] { try folder.write([1], to: name) }
      #expect(
        Nearby.companions(of: folder.file("a.onnx"), but: [folder.file("./c.onnx")])
          == [folder.file("b.onnx")])
      #expect(Nearby.companions(of: folder.file("c.h5"), but: []) == [])
      #expect(Nearby.companions(of: folder.path, but: []) == [])
    }
  }

  @Test func `a free path is the path itself or the first number behind it`() throws {
    try ScratchFolder.with { folder in
      #expect(Nearby.free(folder.file("m.x")) == folder.file("m.x"))
      try folder.write([1], to: "m.x")
      #expect(Nearby.free(folder.file("m.x")) == folder.file("m-2.x"))
      #expect(
        Nearby.free(folder.file("m.x"), but: [folder.file("m-2.x")]) == folder.file("m-3.x"))
      #expect(Nearby.free(folder.file(".x"), but: [folder.file(".x")]) == folder.file(".x-2"))
    }
  }

  @Test func `the hint for an output makes the folder that is missing`() throws {
    try ScratchFolder.with { folder in
      let path = folder.file("a b/c/m.x")
      let error = #expect(throws: FileError.self) { try AtomicFile.check(path) }
      #expect(error?.hint == "make its folder first: mkdir -p '\(folder.file("a b/c"))'")
      try folder.write([1], to: "file")
      let taken = #expect(throws: FileError.self) { try Folder.create(at: folder.file("file")) }
      #expect(taken?.hint == "a file is called so; name another folder")
    }
  }

  @Test(arguments: [
    ("a.onnx", "a.onnx"), ("a/b-c_1,2:3=4@5%+.x", "a/b-c_1,2:3=4@5%+.x"), ("", "''"),
    ("a b", "'a b'"), ("ema.**", "'ema.**'"), ("it's", #"'it'\''s'"#), ("~", "'~'"),
    ("$(x)", "'$(x)'"), ("ü", "ü"), ("a\nb", "'a\nb'"),
  ])
  func `a word of a shell is quoted where it has to be`(text: String, word: String) {
    #expect(text.shellWord == word)
  }

  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", StandIn.gitLFS),
    ("<!DOCTYPE html><html>", .webPage), ("\n \u{FEFF}<HTML lang=en>", .webPage),
  ])
  func `what a download left in place of a file is told from it`(text: String, found: StandIn)
    throws
  {
    try ScratchFolder.with { folder in
      let path = try folder.write(Array(text.utf8))
      let error = FileError.standIn(path: path, found)
      #expect(throws: error) { try FileBytes(path: path) }
      #expect(error.description == "\(path): expected the file itself, found \(found.rawValue)")
    }
  }

  @Test(arguments: ["", "<", "version 1", "\u{8}\u{8}<html>"])
  func `other files are what they are`(text: String) throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Array(text.utf8))
      #expect(try FileBytes(path: path).count == text.utf8.count)
    }
  }
}
