import Files
import TestSupport
import Testing

@Suite struct FileReaderTests {
  /// Writes `contents` and calls `body` with a reader of them.
  private func read(
    _ contents: [UInt8], _ body: (borrowing FileReader) throws -> Void
  ) throws {
    try ScratchFolder.with { folder in
      try AtomicFile.write(to: folder.file("a"), { try $0.append(contents) }, verify: body)
    }
  }

  @Test func `parts are read, fewer bytes where the file ends`() throws {
    try read([0, 1, 2, 3, 4]) { file in
      let (count, parts) = (
        try file.count,
        [try file.bytes(in: 1..<4), try file.bytes(in: 3..<9), try file.bytes(in: 7..<9)]
      )
      #expect(count == 5)
      #expect(parts == [[1, 2, 3], [3, 4], []])
    }
  }

  @Test(arguments: [0, 1, 262_143, 262_144, 599_999])
  func `the first byte that differs is found, however far in`(index: Int) throws {
    var expected = [UInt8](repeating: 7, count: 600_000)
    try read([1, 2] + expected) { file in
      let none = try unsafe file.firstDifference(from: expected.span.bytes, at: 2)
      #expect(none == nil)
      expected[index] ^= 0x10
      let found = try unsafe file.firstDifference(from: expected.span.bytes, at: 2)
      #expect(found == index)
    }
  }

  @Test func `a file that ends early differs where it ends`() throws {
    let expected = [1, 2, 3] as [UInt8]
    try read([9, 1, 2]) { file in
      let atEnd = try unsafe file.firstDifference(from: expected.span.bytes, at: 1)
      #expect(atEnd == 2)
      let beyond = try unsafe file.firstDifference(from: expected.span.bytes, at: 5)
      #expect(beyond == 0)
    }
  }

  @Test func `no bytes are nowhere different`() throws {
    let nothing: [UInt8] = []
    try read([1]) { file in
      let difference = try unsafe file.firstDifference(from: nothing.span.bytes, at: 0)
      #expect(difference == nil)
    }
  }
}
