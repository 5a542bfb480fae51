import Files
import PyTorchFiles
import Tensors
import TestSupport
import Testing

struct PyTorchFuzzTests {
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
