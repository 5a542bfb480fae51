import Files
import Tensors
import TestSupport
import Testing

@testable import KerasFiles

struct KerasFuzzTests {
  @Test(arguments: ["deflated.keras", "keras2.h5"])
  func `a file cut off anywhere is refused or not taken for Keras's`(name: String) throws {
    let bytes = try Fixture.bytes(name)
    try Fixture.withScratchFile { write in
      for count in stride(from: 0, to: bytes.count, by: bytes.count > 8192 ? 401 : 19) {
        let path = try write(Array(bytes.prefix(count)))
        let model = try? KerasFile.read(path)
        #expect(model == nil, "\(count) bytes")
      }
    }
  }

  /// The flips are among those that libhdf5 1.10.8 itself survives.
  @Test(arguments: ["deflated.keras", "small.weights.h5", "keras2-whole.h5"])
  func `a file with a bit flipped is read or refused, never fatal`(name: String) throws {
    let bytes = try Fixture.bytes(name)
    try Fixture.withScratchFile { write in
      for bit in stride(from: 0, to: 8 * bytes.count, by: bytes.count > 8192 ? 1009 : 101) {
        var damaged = bytes
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        let path = try write(damaged)
        do {
          for entry in try KerasFile.read(path)?.weights.entries ?? [] { _ = try entry.tensor() }
        } catch is any DiagnosticError {}
      }
    }
  }

  @Test func `a configuration with a byte changed is read or refused`() throws {
    let text = Array(#"{"a": [1, -2.5e3, "x\u00e9", null, true, {"b": [[NaN]]}], "c": ""}"#.utf8)
    for index in text.indices {
      for byte in [0, 0x22, 0x2C, 0x5B, 0x5C, 0x7D, 0xFF] as [UInt8] {
        var damaged = text
        damaged[index] = byte
        _ = try? JSONParser.value(of: damaged, path: "memory", part: "text")
      }
      #expect(throws: FileError.self) {
        try JSONParser.value(of: Array(text.prefix(index)), path: "memory", part: "text")
      }
    }
  }
}
