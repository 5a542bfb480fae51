import Files
import Glibc
import TestSupport
import Testing

@Suite struct FileBytesTests {
  @Test func `the bytes of a file are lent whole and in part`() throws {
    try ScratchFolder.with { folder in
      let file = try FileBytes(path: try folder.write([0, 1, 2, 3, 4]))
      #expect(file.count == 5)
      #expect(file.withBytes { $0.byteCount } == 5)
      let part = file.withBytes(in: 1..<4) { bytes in
        unsafe bytes.withUnsafeBytes { unsafe Array($0) }
      }
      #expect(part == [1, 2, 3])
    }
  }

  @Test func `pages that were given back are read again`() throws {
    try ScratchFolder.with { folder in
      let file = try FileBytes(path: try folder.write([7, 8]))
      for _ in 0..<2 {
        let bytes = file.withBytes { bytes in
          unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
        #expect(bytes == [7, 8])
        file.releasePages()
      }
    }
  }

  @Test func `an empty file lends no bytes`() throws {
    try ScratchFolder.with { folder in
      let file = try FileBytes(path: try folder.write([]))
      #expect(file.count == 0)
      #expect(file.withBytes { $0.isEmpty })
    }
  }

  @Test func `an open file keeps its contents when another takes its place`() throws {
    try ScratchFolder.with { folder in
      let file = try FileBytes(path: try folder.write([1, 2]))
      try AtomicFile.write([3, 4, 5], to: file.path)
      #expect(
        file.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } } == [1, 2])
    }
  }

  @Test func `a missing file is reported as missing`() throws {
    try ScratchFolder.with { folder in
      let error = FileError.notFound(path: folder.file("none"))
      #expect(throws: error) { try FileBytes(path: folder.file("none")) }
      #expect(error.fault == .missingInput)
    }
  }

  @Test func `a path through a file is reported as missing`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write([1]) + "/a"
      #expect(throws: FileError.notFound(path: path)) { try FileBytes(path: path) }
    }
  }

  @Test func `a link in a circle is unreadable, with the system's reason`() throws {
    try ScratchFolder.with { folder in
      let path = folder.file("loop")
      #expect(unsafe symlink("loop", path) == 0)
      #expect(
        throws: FileError.unreadable(path: path, reason: "Too many levels of symbolic links")
      ) { try FileBytes(path: path) }
    }
  }

  @Test func `a folder is not a regular file`() throws {
    try ScratchFolder.with { folder in
      #expect(throws: FileError.notARegularFile(path: folder.path)) {
        try FileBytes(path: folder.path)
      }
    }
  }

  @Test func `a pipe that nobody writes to is refused at once`() throws {
    try ScratchFolder.with { folder in
      let path = folder.file("pipe")
      #expect(unsafe mkfifo(path, 0o644) == 0)
      #expect(throws: FileError.notARegularFile(path: path)) { try FileBytes(path: path) }
    }
  }
}
