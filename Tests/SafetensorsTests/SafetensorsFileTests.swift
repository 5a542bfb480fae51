import Files
import Foundation
import Safetensors
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsFileTests {
  private struct Described: Decodable {
    let shape: [Int]
    let type: String
    let bytes: String
  }

  @Test func `every type of the format's own implementation is read as numpy has it`() throws {
    let archive = try SafetensorsFile.read(try fixture("types.safetensors"))
    let expected = try JSONDecoder().decode(
      [String: Described].self,
      from: try Data(contentsOf: URL(filePath: try fixture("types.json"))))
    #expect(Set(archive.entries.map(\.name)) == Set(expected.keys))
    for (name, described) in expected {
      let tensor = try #require(try archive[name]?.tensor())
      #expect(tensor.shape.dimensions == described.shape)
      #expect(tensor.elementType == Self.types[described.type], "\(name)")
      #expect(tensor.hexadecimal == described.bytes, "\(name)")
    }
  }

  @Test func `metadata is read with its quotes, line breaks and letters of any script`() throws {
    #expect(
      try SafetensorsFile.read(try fixture("types.safetensors")).metadata == [
        "clé": "a \"quoted\" \\ text\nof two lines", "emoji": "\u{1F41F}", "empty": "",
      ])
  }

  @Test func `what was written is read back: names, types, bytes and metadata`() throws {
    let original = try SafetensorsFile.read(try fixture("types.safetensors"))
    try ScratchFolder.with { folder in
      try SafetensorsFile.write(original, to: folder.file("a"))
      let copy = try SafetensorsFile.read(folder.file("a"))
      #expect(copy.metadata == original.metadata)
      #expect(Set(copy.entries.map(\.name)) == Set(original.entries.map(\.name)))
      for entry in original.entries {
        let tensor = try #require(try copy[entry.name]?.tensor())
        #expect(try tensor.isBitIdentical(to: entry.tensor()), "\(entry.name)")
      }
    }
  }

  @Test func `the same archive gives the same bytes, whatever was written before`() throws {
    let archive = try SafetensorsFile.read(try fixture("types.safetensors"))
    try ScratchFolder.with { folder in
      try folder.write([1, 2, 3], to: "b")
      for name in ["a", "b"] { try SafetensorsFile.write(archive, to: folder.file(name)) }
      #expect(try folder.bytes(of: "a") == (try folder.bytes(of: "b")))
      let again = try SafetensorsFile.read(folder.file("a"))
      try SafetensorsFile.write(again, to: folder.file("c"))
      #expect(try folder.bytes(of: "a") == (try folder.bytes(of: "c")))
    }
  }

  @Test func `data starts at a multiple of 8, wider elements first`() throws {
    let archive = try TensorArchive([
      .init(
        name: "narrow",
        tensor: Tensor(bitPatterns: [1, 2, 3] as [UInt8], elementType: .uint8, shape: [3])),
      .init(
        name: "wide", tensor: Tensor(bitPatterns: [4] as [Int64], elementType: .int64, shape: [])),
    ])
    try ScratchFolder.with { folder in
      try SafetensorsFile.write(archive, to: folder.file("a"))
      let bytes = try folder.bytes(of: "a")
      #expect(bytes[0] % 8 == 0)
      #expect(Array(bytes.suffix(11)) == [4, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3])
    }
  }

  @Test func `an archive of nothing is a file of an empty object`() throws {
    try ScratchFolder.with { folder in
      try SafetensorsFile.write(try TensorArchive([]), to: folder.file("a"))
      #expect(try folder.bytes(of: "a") == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
      #expect(try SafetensorsFile.read(folder.file("a")).entries.isEmpty)
    }
  }

  @Test func `a source that changes while it is written is found, and nothing is replaced`() throws
  {
    let reads = Atomic(0)
    let archive = try TensorArchive([
      .init(
        name: "steady",
        tensor: Tensor(bitPatterns: [1, 2] as [UInt32], elementType: .float32, shape: [2])),
      .init(name: "shifting", elementType: .float32, shape: [2], source: "memory") {
        let bits = UInt32(reads.wrappingAdd(1, ordering: .relaxed).newValue)
        return Tensor(bitPatterns: [7, bits], elementType: .float32, shape: [2])
      },
    ])
    try ScratchFolder.with { folder in
      let path = try folder.write([1, 2, 3], to: "a")
      let error = SafetensorsError.readBack(
        path: path, part: "tensor 'shifting'",
        reason: "expected the bytes of its source, found others from byte 4 on")
      #expect(throws: error) { try SafetensorsFile.write(archive, to: path) }
      #expect(error.fault == .inputOutput)
      #expect(try folder.bytes(of: "a") == [1, 2, 3])
      #expect(try folder.names == ["a"])
    }
  }

  private static let types: [String: ElementType] = [
    "bool": .bool, "uint8": .uint8, "int8": .int8, "int16": .int16, "uint16": .uint16,
    "float16": .float16, "bfloat16": .bfloat16, "int32": .int32, "uint32": .uint32,
    "float32": .float32, "int64": .int64, "uint64": .uint64, "float64": .float64,
  ]
}

extension Tensor {
  fileprivate var hexadecimal: String {
    bytes.withBytes { raw in
      unsafe raw.withUnsafeBytes { bytes in
        unsafe bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      }
    }
  }
}

/// The path of `name` in the folder `Fixtures`.
func fixture(_ name: String) throws -> String {
  try #require(Bundle.module.resourceURL).appending(path: "Fixtures/\(name)").path
}
