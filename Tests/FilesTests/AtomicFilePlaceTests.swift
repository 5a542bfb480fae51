import Files
import Foundation
import Glibc
import TestSupport
import Testing

/// The file on its way to its place: without a name, and with one where the file system knows no
/// files without.
@Suite struct AtomicFilePlaceTests {
  private struct Failure: Error, Equatable {}

  private func write(
    _ bytes: [UInt8], to path: String, isUnnamed: Bool, during body: () throws -> Void = {}
  ) throws {
    try AtomicFile.write(to: path, isUnnamed: isUnnamed) { file in
      try file.append(bytes)
      try body()
    }
  }

  @Test func `a file on its way has no name, so that a kill leaves nothing`() throws {
    try ScratchFolder.with { folder in
      var names: [String] = []
      try write([1], to: folder.file("a"), isUnnamed: true) { names = try folder.names }
      #expect(names == [])
      #expect(try folder.names == ["a"])
      try write([2], to: folder.file("a"), isUnnamed: true) { names = try folder.names }
      #expect(names == ["a"])
      #expect(try folder.bytes(of: "a") == [2])
      #expect(try folder.names == ["a"])
    }
  }

  @Test func `a file with a name from the start has one that nobody can foresee`() throws {
    try ScratchFolder.with { folder in
      var names: Set<String> = []
      for byte in 0..<2 as Range<UInt8> {
        try write([byte], to: folder.file("a"), isUnnamed: false) {
          names.formUnion(try folder.names.filter { $0 != "a" })
        }
        #expect(try folder.bytes(of: "a") == [byte])
        #expect(try folder.names == ["a"])
      }
      #expect(names.count == 2)
      for name in names {
        #expect(name.wholeMatch(of: /\.stm-[0-9a-f]{1,16}\.partial/) != nil, "\(name)")
      }
    }
  }

  @Test(arguments: [true, false])
  func `a failure leaves nothing, on any file system`(isUnnamed: Bool) throws {
    try ScratchFolder.with { folder in
      for old in [nil, [7, 7]] as [[UInt8]?] {
        if let old { try folder.write(old, to: "a") }
        #expect(throws: Failure()) {
          try write([1], to: folder.file("a"), isUnnamed: isUnnamed) { throw Failure() }
        }
        #expect(try folder.names == (old == nil ? [] : ["a"]))
        if let old { #expect(try folder.bytes(of: "a") == old) }
      }
    }
  }

  @Test(arguments: [true, false])
  func `a target that became a folder meanwhile stays, and nothing is beside it`(
    isUnnamed: Bool
  ) throws {
    try ScratchFolder.with { folder in
      let path = folder.file("a")
      #expect(throws: FileError.cannotCreate(path: path, reason: "Is a directory")) {
        try write([1], to: path, isUnnamed: isUnnamed) { try Folder.create(at: path) }
      }
      let names = try folder.names
      #expect(names == ["a"])
    }
  }

  @Test(arguments: [true, false])
  func `a file that came meanwhile is replaced`(isUnnamed: Bool) throws {
    try ScratchFolder.with { folder in
      try write([1], to: folder.file("a"), isUnnamed: isUnnamed) {
        try folder.write([9, 9], to: "a")
      }
      #expect(try folder.bytes(of: "a") == [1])
      #expect(try folder.names == ["a"])
    }
  }

  @Test(arguments: [true, false])
  func `a link that came meanwhile is replaced, and what it leads to stays`(isUnnamed: Bool) throws
  {
    try ScratchFolder.with { folder in
      try folder.write([9], to: "other")
      try write([1], to: folder.file("a"), isUnnamed: isUnnamed) {
        try #require(unsafe symlink("other", folder.file("a")) == 0)
      }
      #expect(try folder.bytes(of: "other") == [9])
      #expect(!FilePath.isLink(folder.file("a")))
      #expect(try folder.bytes(of: "a") == [1])
    }
  }

  @Test(arguments: [true, false])
  func `a folder that was exchanged for a link meanwhile is still the one written to`(
    isUnnamed: Bool
  ) throws {
    try ScratchFolder.with { folder in
      try Folder.create(at: folder.file("out"))
      try Folder.create(at: folder.file("trap"))
      try write([1], to: folder.file("out/a"), isUnnamed: isUnnamed) {
        try #require(unsafe rename(folder.file("out"), folder.file("moved")) == 0)
        try #require(unsafe symlink("trap", folder.file("out")) == 0)
      }
      #expect(try folder.bytes(of: "moved/a") == [1])
      #expect(try Folder.names(at: folder.file("moved")) == ["a"])
      #expect(try Folder.names(at: folder.file("trap")) == [])
    }
  }

  @Test func `links planted where files were once on their way are not followed`() throws {
    try ScratchFolder.with { folder in
      try folder.write([9], to: "victim")
      try #require(unsafe symlink("victim", folder.file("a.partial-\(getpid())")) == 0)
      for isUnnamed in [true, false] {
        try write([1], to: folder.file("a"), isUnnamed: isUnnamed)
        #expect(try folder.bytes(of: "victim") == [9])
      }
    }
  }

  @Test(arguments: [true, false])
  func `other hard links of what is replaced keep their contents`(isUnnamed: Bool) throws {
    try ScratchFolder.with { folder in
      try folder.write([7], to: "a")
      try #require(unsafe link(folder.file("a"), folder.file("b")) == 0)
      try write([1], to: folder.file("a"), isUnnamed: isUnnamed)
      #expect(try folder.bytes(of: "a") == [1])
      #expect(try folder.bytes(of: "b") == [7])
    }
  }

  @Test(arguments: [true, false])
  func `the new file is never more open than the one that it replaces`(isUnnamed: Bool) throws {
    try ScratchFolder.with { folder in
      let path = try folder.write([7], to: "a")
      try #require(unsafe chmod(path, 0o600) == 0)
      try AtomicFile.write(to: path, isUnnamed: isUnnamed) { file in
        try file.append([1])
        for name in try folder.names {
          var status = stat()
          try #require(unsafe stat(folder.file(name), &status) == 0)
          #expect(status.st_mode & 0o777 == 0o600)
        }
      }
    }
  }

  @Test func `a name as long as names can be is no obstacle`() throws {
    try ScratchFolder.with { folder in
      let name = String(repeating: "a", count: 255)
      for isUnnamed in [true, false] {
        try write([1], to: folder.file(name), isUnnamed: isUnnamed)
        #expect(try folder.names == [name])
      }
    }
  }

  @Test func `a name that is too long cannot be created, and nothing is left`() throws {
    try ScratchFolder.with { folder in
      let path = folder.file(String(repeating: "a", count: 256))
      #expect(throws: FileError.cannotCreate(path: path, reason: "File name too long")) {
        try AtomicFile.write([1], to: path)
      }
      let names = try folder.names
      #expect(names == [])
    }
  }

  @Test(
    .enabled(if: geteuid() != 0, "everything may be written to by root"), arguments: [true, false])
  func `a folder that may not be written to is named with the reason`(isUnnamed: Bool) throws {
    try ScratchFolder.with { folder in
      try #require(unsafe chmod(folder.path, 0o555) == 0)
      defer { _ = unsafe chmod(folder.path, 0o755) }
      let path = folder.file("a")
      #expect(throws: FileError.cannotCreate(path: path, reason: "Permission denied")) {
        try write([1], to: path, isUnnamed: isUnnamed)
      }
    }
  }

  @Test(
    .enabled(if: FilePath.exists("/proc/sys/kernel"), "needs Linux's /proc"),
    arguments: [true, false])
  func `a file system without room for new files is named with the reason`(isUnnamed: Bool) {
    let path = "/proc/sys/kernel/stm"
    #expect {
      try write([1], to: path, isUnnamed: isUnnamed)
    } throws: { error in
      guard case .cannotCreate(path, _)? = error as? FileError else { return false }
      return true
    }
  }

  @Test(arguments: [true, false])
  func `of writers at the same time one's file stays, whole`(isUnnamed: Bool) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try Folder.create(at: folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/a"
    try await withThrowingTaskGroup { group in
      for writer in 0..<4 as Range<UInt8> {
        group.addTask {
          for count in 1...5 {
            let part = [UInt8](repeating: writer, count: 100 * count)
            try AtomicFile.write(to: path, isUnnamed: isUnnamed) { file in
              for _ in 0..<4 { try file.append(part) }
            }
          }
        }
      }
      group.addTask {
        for _ in 0..<200 where FilePath.exists(path) {
          let bytes = try FileBytes(path: path).withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
          }
          #expect(!bytes.isEmpty && bytes.count % 400 == 0)
          #expect(Set(bytes).count == 1)
        }
      }
      try await group.waitForAll()
    }
    #expect(try Folder.names(at: folder) == ["a"])
    #expect(try FileBytes(path: path).count == 2_000)
  }
}
