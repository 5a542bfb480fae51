import Files
import Glibc
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

  @Test func `a file that is not approved does not take its place`() throws {
    try ScratchFolder.with { folder in
      try folder.write([7, 7], to: "a")
      #expect(throws: Failure()) {
        try AtomicFile.write(to: folder.file("a")) { file in
          try file.append([1, 2, 3])
        } verify: { file in
          let bytes = try file.bytes(in: 0..<3)
          #expect(bytes == [1, 2, 3])
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
      expectNotRegular(folder.file("a"))
      #expect(try folder.names == ["a"])
    }
  }

  @Test func `a pipe is not replaced by a file`() throws {
    try ScratchFolder.with { folder in
      try #require(unsafe mkfifo(folder.file("a"), 0o600) == 0)
      expectNotRegular(folder.file("a"))
      #expect(try folder.names == ["a"])
    }
  }

  @Test func `a device is not replaced by a file`() {
    expectNotRegular("/dev/null")
  }

  @Test func `a symbolic link is followed and stays`() throws {
    try ScratchFolder.with { folder in
      try Folder.create(at: folder.file("far"))
      try folder.write([7], to: "far/a")
      try #require(unsafe symlink("far/a", folder.file("link")) == 0)
      try AtomicFile.write([1, 2], to: folder.file("link"))
      #expect(try mode(of: folder.file("link")) & S_IFMT == S_IFLNK)
      #expect(try folder.bytes(of: "far/a") == [1, 2])
      #expect(try Folder.names(at: folder.file("far")) == ["a"])
    }
  }

  @Test func `a symbolic link to nothing is refused and stays`() throws {
    try ScratchFolder.with { folder in
      let link = folder.file("link")
      try #require(unsafe symlink("none", link) == 0)
      #expect(throws: FileError.cannotCreate(path: link, reason: "No such file or directory")) {
        try AtomicFile.write([1], to: link)
      }
      #expect(try folder.names == ["link"])
    }
  }

  @Test(arguments: [0o600, 0o444, 0o777] as [mode_t])
  func `a file that is replaced keeps its permissions`(permissions: mode_t) throws {
    try ScratchFolder.with { folder in
      let path = try folder.write([7], to: "a")
      try #require(unsafe chmod(path, permissions) == 0)
      try AtomicFile.write([1], to: path)
      #expect(try mode(of: path) & 0o777 == permissions)
    }
  }

  @Test func `a new file has the permissions of any other new file`() throws {
    try ScratchFolder.with { folder in
      let descriptor = unsafe open(folder.file("other"), O_WRONLY | O_CREAT, 0o666)
      try #require(descriptor >= 0 && close(descriptor) == 0)
      try AtomicFile.write([1], to: folder.file("a"))
      #expect(try mode(of: folder.file("a")) == mode(of: folder.file("other")))
    }
  }

  @Test func `a check passes where a file can be written, and writes nothing`() throws {
    try ScratchFolder.with { folder in
      try AtomicFile.check(folder.file("a"))
      #expect(try folder.names == [])
      try folder.write([7], to: "a")
      try AtomicFile.check(folder.file("a"))
      #expect(try folder.bytes(of: "a") == [7])
    }
  }

  @Test func `a check finds what writing would`() throws {
    try ScratchFolder.with { folder in
      try folder.write([7], to: "a")
      for (path, reason) in [
        ("none/b", "No such file or directory"), ("a/b", "Not a directory"),
        ("", "expected a regular file"),
      ] {
        let path = folder.file(path)
        #expect(throws: FileError.cannotCreate(path: path, reason: reason)) {
          try AtomicFile.check(path)
        }
      }
    }
  }

  private func expectNotRegular(_ path: String) {
    #expect(throws: FileError.cannotCreate(path: path, reason: "expected a regular file")) {
      try AtomicFile.write([1], to: path)
    }
  }

  /// The type and the permissions of what is at `path`, links not followed.
  private func mode(of path: String) throws -> mode_t {
    var status = stat()
    try #require(unsafe lstat(path, &status) == 0)
    return status.st_mode
  }
}
