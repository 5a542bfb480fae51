import Files
import PyTorchFiles
import Tensors
import Testing

struct PyTorchFuzzTests {
  @Test func `a stream cut off anywhere is refused`() throws {
    let bytes = Pickled.stream(Pickled.dictionary(Pickled.text("a"), Pickled.tensor()) + [0x2E])
    try Fixture.withScratchFile { write in
      for count in bytes.indices {
        let path = try write(Array(bytes.prefix(count)))
        let error = #expect(throws: (any Error).self, "\(count) bytes") {
          try PyTorchFile.read(path)
        }
        #expect(error is any DiagnosticError)
      }
    }
  }

  /// Pickles of archives are reached past their checksum: streams hold the same pickles without one.
  @Test(arguments: ["views-legacy.pth", "module-legacy.pth", "plain.pth"])
  func `flipped bits never do worse than an error`(name: String) throws {
    let whole = try Fixture.bytes(name)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    try Fixture.withScratchFile { write in
      for _ in 0..<40 {
        var damaged = whole
        for _ in 0..<2 {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          damaged[Int(state >> 33) % whole.count] ^= 1 << UInt8(state >> 61)
        }
        let path = try write(damaged)
        do {
          for entry in try PyTorchFile.read(path).entries {
            #expect(try entry.tensor().shape == entry.shape)
          }
        } catch let error as any DiagnosticError {
          #expect(!error.description.isEmpty && !error.hint.isEmpty)
        }
      }
    }
  }

  /// Any instruction in any place of a small pickle.
  @Test func `replaced instructions never do worse than an error`() throws {
    let object = Pickled.dictionary(Pickled.text("a"), Pickled.tensor()) + [0x2E]
    let prefix = Pickled.stream([], keys: [], storages: []).count
    try Fixture.withScratchFile { write in
      for index in object.indices {
        for byte in [0x28, 0x30, 0x52] as [UInt8] {
          var damaged = Pickled.stream(object)
          damaged[prefix + index] = byte
          let path = try write(damaged)
          do {
            for entry in try PyTorchFile.read(path).entries { _ = try entry.tensor() }
          } catch is any DiagnosticError {}
        }
      }
    }
  }
}
