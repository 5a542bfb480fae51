import Files
import OnnxFiles
import Tensors
import Testing

struct OnnxFuzzTests {
  /// Reads everything; a file that is refused must be refused with an error made for people.
  private func read(_ path: String) throws {
    do {
      let model = try OnnxFile.read(path)
      for entry in model.weights.entries { _ = try entry.tensor() }
      _ = try model.graph
    } catch is any DiagnosticError {}
  }

  @Test func `a model cut off anywhere is refused`() throws {
    let bytes = try Fixture.bytes("storage.onnx")
    try Fixture.withScratchFile { write in
      for count in bytes.indices {
        let path = try write(Array(bytes.prefix(count)))
        #expect(throws: OnnxError.self, "\(count) bytes") { try OnnxFile.read(path) }
      }
    }
  }

  @Test(arguments: [
    "storage.onnx", "identity.onnx", "constants.onnx", "attributes.onnx", "external/good.onnx",
  ])
  func `a damaged model is read or refused, never fatal`(name: String) throws {
    let bytes = try Fixture.bytes(name)
    var generator = SplitMix64(state: 7)
    try Fixture.withScratchFile { write in
      for _ in 0..<250 {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          let index = Int.random(in: 0..<bytes.count, using: &generator)
          damaged[index] = UInt8.random(in: 0...255, using: &generator)
        }
        try read(write(damaged))
      }
    }
  }

  @Test func `a model with any bit flipped is read or refused, never fatal`() throws {
    let bytes = try Fixture.bytes("identity.onnx")
    try Fixture.withScratchFile { write in
      for index in bytes.indices {
        for bit in 0..<8 {
          var damaged = bytes
          damaged[index] ^= 1 << UInt8(bit)
          try read(write(damaged))
        }
      }
    }
  }
}

/// A generator of fixed sequences, for damage that is the same in every run
/// (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
