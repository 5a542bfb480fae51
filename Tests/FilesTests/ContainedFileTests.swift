import Files
import Glibc
import TestSupport
import Testing

@Suite struct ContainedFileTests {
  private func expectRefusal(_ name: String, in folder: ScratchFolder, _ reason: String) {
    let path = "\(folder.path)/\(name)"
    #expect(throws: FileError.notContained(path: path, reason: reason)) {
      try FileBytes(contained: name, in: folder.path)
    }
  }

  @Test(arguments: ["data", "./data", "sub/deep/data", "sub//deep/./data", "..data", "dät a"])
  func `a file in the folder or below it is mapped`(name: String) throws {
    try ScratchFolder.with { folder in
      try Folder.create(at: folder.file("sub/deep"))
      try folder.write([1, 2, 3], to: name)
      let file = try FileBytes(contained: name, in: folder.path)
      #expect(file.path == "\(folder.path)/\(name)")
      #expect(
        file.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } } == [1, 2, 3])
    }
  }

  @Test func `a folder that is reached by a link is trusted`() throws {
    try ScratchFolder.with { folder in
      try Folder.create(at: folder.file("real"))
      try folder.write([1], to: "real/data")
      #expect(unsafe symlink("real", folder.file("link")) == 0)
      #expect(try FileBytes(contained: "data", in: folder.file("link")).count == 1)
    }
  }

  @Test(arguments: ["..", "../data", "sub/../data", "sub/../../data", "a/.."])
  func `a way upwards is refused, even to a place within`(name: String) throws {
    try ScratchFolder.with { folder in
      try Folder.create(at: folder.file("sub"))
      try folder.write([1], to: "data")
      expectRefusal(name, in: folder, "it leads upwards")
    }
  }

  @Test func `an absolute path is refused, even to a place within`() throws {
    try ScratchFolder.with { folder in
      expectRefusal(try folder.write([1]), in: folder, "it is absolute")
      expectRefusal("/", in: folder, "it is absolute")
    }
  }

  @Test(arguments: ["", ".", "./.", "data/", "./"])
  func `the folder itself, and a file called as a folder, are refused`(name: String) throws {
    try ScratchFolder.with { folder in expectRefusal(name, in: folder, "no file is named") }
  }

  @Test(arguments: ["..\\data", "sub\\data", "data\0.bin"])
  func `a backslash or a null character is refused`(name: String) throws {
    try ScratchFolder.with { folder in
      expectRefusal(name, in: folder, "it holds a backslash or a null character")
    }
  }

  @Test(arguments: ["data", "/etc/hostname", "nothing"])
  func `a symbolic link is refused, wherever it leads`(target: String) throws {
    try ScratchFolder.with { folder in
      try folder.write([1], to: "data")
      #expect(unsafe symlink(target, folder.file("link")) == 0)
      expectRefusal("link", in: folder, "'link' is a symbolic link")
    }
  }

  @Test(arguments: [".", "sub", "/"])
  func `a folder that is a symbolic link is refused`(target: String) throws {
    try ScratchFolder.with { folder in
      try Folder.create(at: folder.file("sub"))
      try folder.write([1], to: "sub/data")
      #expect(unsafe symlink(target, folder.file("link")) == 0)
      expectRefusal("link/data", in: folder, "'link' is a symbolic link")
    }
  }

  @Test func `a file with a second name is refused`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write([1], to: "data")
      #expect(unsafe link(path, folder.file("other")) == 0)
      expectRefusal("data", in: folder, "it has 2 names, as hard links are")
    }
  }

  @Test func `a folder and a pipe are not regular files`() throws {
    try ScratchFolder.with { folder in
      try Folder.create(at: folder.file("sub"))
      #expect(unsafe mkfifo(folder.file("pipe"), 0o644) == 0)
      for name in ["sub", "pipe"] {
        #expect(throws: FileError.notARegularFile(path: folder.file(name))) {
          try FileBytes(contained: name, in: folder.path)
        }
      }
    }
  }

  @Test(arguments: ["none", "none/data", "file/data"])
  func `a missing file is reported as missing`(name: String) throws {
    try ScratchFolder.with { folder in
      try folder.write([1], to: "file")
      #expect(throws: FileError.notFound(path: folder.file(name))) {
        try FileBytes(contained: name, in: folder.path)
      }
    }
  }
}
