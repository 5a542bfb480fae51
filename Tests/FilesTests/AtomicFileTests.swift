import Files
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  private struct Failure: Error, Equatable {}

  @Test func `a file is created with what was appended, in order`() throws {
    try ScratchFolder.with { folder in
      try AtomicFile.write(to: folder.file("a")) { file in
        try file.append([1, 2])
        try file.append([])
        try file.append([3])
      }
      #expect(try folder.bytes(of: "a") == [1, 2, 3])
      #expect(try folder.names == ["a"])
    }
  }

  @Test func `a shorter file replaces a longer one entirely`() throws {
    try ScratchFolder.with { folder in
      try folder.write([9, 9, 9, 9], to: "a")
      try AtomicFile.write([1], to: folder.file("a"))
      #expect(try folder.bytes(of: "a") == [1])
      #expect(try folder.names == ["a"])
    }
  }

  @Test func `a failure half-way leaves the old file and nothing else`() throws {
    try ScratchFolder.with { folder in
      try folder.write([7, 7], to: "a")
      #expect(throws: Failure()) {
        try AtomicFile.write(to: folder.file("a")) { file in
          try file.append([1, 2, 3])
          throw Failure()
        }
      }
      #expect(try folder.bytes(of: "a") == [7, 7])
      #expect(try folder.names == ["a"])
    }
  }

  @Test func `readers see the old contents until the write is done`() throws {
    try ScratchFolder.with { folder in
      try folder.write([7], to: "a")
      try AtomicFile.write(to: folder.file("a")) { file in
        try file.append([1, 2, 3])
        #expect(try folder.bytes(of: "a") == [7])
      }
      #expect(try folder.bytes(of: "a") == [1, 2, 3])
    }
  }

  @Test func `a file in a folder that is not there cannot be created`() throws {
    try ScratchFolder.with { folder in
      let path = folder.file("none/a")
      #expect(throws: FileError.cannotCreate(path: path, reason: "No such file or directory")) {
        try AtomicFile.write([1], to: path)
      }
    }
  }

  @Test func `a folder is not replaced by a file, and nothing is left beside it`() throws {
    try ScratchFolder.with { folder in
      try Folder.create(at: folder.file("a"))
      #expect(throws: FileError.cannotCreate(path: folder.file("a"), reason: "Is a directory")) {
        try AtomicFile.write([1], to: folder.file("a"))
      }
      #expect(try folder.names == ["a"])
    }
  }
}
