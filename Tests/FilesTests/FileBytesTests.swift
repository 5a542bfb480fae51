import Files
import Foundation
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

  @Test func `what was lent leaves memory when it is given back, and can be lent again`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write([UInt8](repeating: 7, count: 1 << 20))
      let file = try FileBytes(path: path)
      for _ in 0..<2 {
        let (sum, inUse) = try file.withBytes { bytes in
          let pages = stride(from: 0, to: bytes.byteCount, by: 4096)
          let sum = pages.reduce(0) {
            unsafe $0 + Int(bytes.unsafeLoad(fromByteOffset: $1, as: UInt8.self))
          }
          return (sum, try residentKilobytes(of: path))
        }
        #expect(sum == 7 * 256)
        #expect(inUse >= 1024)
        #expect(try residentKilobytes(of: path) <= 4)
      }
    }
  }

  /// What of the mapping of the file at `path` is in this process's memory.
  private func residentKilobytes(of path: String) throws -> Int {
    let smaps = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
    let lines = String(decoding: try smaps.readToEnd() ?? Data(), as: UTF8.self).split(
      separator: "\n")
    let mapping = try #require(lines.firstIndex { $0.hasSuffix(path) })
    let size = try #require(lines[mapping...].first { $0.hasPrefix("Rss:") })
    return try #require(size.split(separator: " ").dropFirst().first.flatMap { Int($0) })
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

  @Test func `a folder is not a file`() throws {
    try ScratchFolder.with { folder in
      #expect(throws: FileError.aFolder(path: folder.path)) {
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
