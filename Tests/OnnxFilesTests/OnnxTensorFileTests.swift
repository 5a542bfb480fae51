import Files
import OnnxFiles
import Tensors
import TestSupport
import Testing

@Suite struct OnnxTensorFileTests {
  @Test func `a tensor of raw data is read with its name`() throws {
    let entry = try OnnxFile.readTensor(Fixture.path("tensor.pb"))
    #expect(entry.name == "w")
    #expect(entry.shape == [2, 2])
    #expect(try entry.floats().values == [1.5, -2, 0, 3])
  }

  @Test func `a tensor of listed numbers is read`() throws {
    let entry = try OnnxFile.readTensor(Fixture.path("tensor-list.pb"))
    #expect(entry.elementType == .int64)
    #expect(try entry.tensor().integers() == [-1, 0, 1 << 62])
  }

  @Test func `a tensor of text is refused by name`() throws {
    let error = try #require(throws: OnnxError.self) {
      try OnnxFile.readTensor(Fixture.path("tensor-text.pb"))
    }
    guard case .unsupportedTensor(_, let tensor, let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(tensor == "t")
    #expect(reason.contains("STRING"))
  }

  @Test func `a missing file is named`() {
    #expect(throws: FileError.self) { try OnnxFile.readTensor(Fixture.path("none.pb")) }
  }

  @Test(arguments: ["tensor.pb", "tensor-list.pb"])
  func `a tensor cut off or damaged anywhere is read or refused, never fatal`(
    name: String
  ) throws {
    let bytes = try Fixture.bytes(name)
    func read(_ path: String) throws {
      do { _ = try OnnxFile.readTensor(path).tensor() } catch is any DiagnosticError {}
    }
    try Fixture.withScratchFile { write in
      for index in bytes.indices {
        try read(write(Array(bytes.prefix(index))))
        for bit in 0..<8 {
          var damaged = bytes
          damaged[index] ^= 1 << UInt8(bit)
          try read(write(damaged))
        }
      }
    }
  }
}
