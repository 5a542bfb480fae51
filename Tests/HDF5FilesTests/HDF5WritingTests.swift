import Files
import Foundation
import HDF5Files
import Tensors
import TestSupport
import Testing

@Suite struct HDF5WritingTests {
  private static func entry(_ name: String, _ shape: Shape) -> TensorArchive.Entry {
    let values = (0..<shape.elementCount).map { Float($0) * 1.5 - 1 }
    return .init(name: name, tensor: Tensor(FloatTensor(shape: shape, values: values)))
  }

  private static let entries = [
    entry("segment/Decoder.pred2", [1, 2, 3, 4]), entry("segment/größe", [5]),
    entry("plain", []), entry("nothing", [2, 0]),
  ]

  @Test func `tensors are read back from their groups, bit for bit`() throws {
    try Fixture.withScratchFile { write in
      let path = try write([])
      try HDF5File.write(try TensorArchive(Self.entries), to: path)
      let read = try HDF5File.read(path)
      #expect(read.entries.count == Self.entries.count)
      for entry in Self.entries {
        let name = entry.name.replacing("/", with: ".")
        let found = try #require(try read[name]?.tensor(), "\(name)")
        #expect(found.isBitIdentical(to: try entry.tensor()), "\(name)")
      }
      #expect(try HDF5File.contents(path).paths.contains("/segment/Decoder.pred2"))
    }
  }

  @Test func `the same tensors give the same bytes, whatever was written before`() throws {
    try Fixture.withScratchFile { write in
      let path = try write([])
      try HDF5File.write(try TensorArchive(Self.entries), to: path)
      let first = try Data(contentsOf: URL(filePath: path))
      try HDF5File.write(try TensorArchive([Self.entry("else", [100])]), to: path)
      #expect(try Data(contentsOf: URL(filePath: path)) != first)
      try HDF5File.write(try TensorArchive(Self.entries), to: path)
      #expect(try Data(contentsOf: URL(filePath: path)) == first)
    }
  }

  @Test func `elements that are not in binary32 are refused, and the old file stays`() throws {
    let half = try Tensor(elementType: .float16, shape: [1], bytes: TensorBytes([0, 0]))
    try Fixture.withScratchFile { write in
      let path = try write([7])
      let error = HDF5Error.unwritable(
        path: path, object: "w", reason: "expected elements in F32, found F16")
      #expect(throws: error) {
        try HDF5File.write(try TensorArchive([.init(name: "w", tensor: half)]), to: path)
      }
      #expect(error.fault == .cannotCreateOutput)
      #expect(try Data(contentsOf: URL(filePath: path)) == Data([7]))
    }
  }

  @Test func `a name that is both a tensor and a group is refused by it`() throws {
    try Fixture.withScratchFile { write in
      let path = try write([7])
      let archive = try TensorArchive([Self.entry("a", [1]), Self.entry("a/b", [1])])
      let error = try #require(throws: HDF5Error.self) { try HDF5File.write(archive, to: path) }
      #expect(error.description.contains("'a/b'"))
      #expect(try Data(contentsOf: URL(filePath: path)) == Data([7]))
    }
  }
}
