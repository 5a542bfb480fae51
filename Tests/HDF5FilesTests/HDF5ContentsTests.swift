import Files
import HDF5Files
import Tensors
import TestSupport
import Testing

struct HDF5ContentsTests {
  @Test func `texts of the root and of groups are read, fixed and of any length`() throws {
    let contents = try HDF5File.contents(Fixture.path("attributes.h5"))
    #expect(
      contents.attributes == [
        "/": [
          "variable": ["na\u{EF}ve"], "variable ascii": ["plain"],
          "variables": ["a", "", String(repeating: "\u{436}", count: 300)],
          "fixed": ["three"], "fixed many": ["one", "", "three"], "none": [],
        ],
        "/g": ["spaces": ["two"]], "/g/none": [:],
      ])
    #expect(contents.paths == ["/w"])
  }

  @Test(arguments: ["flat", "grouped", "layouts", "types", "attributes"])
  func `an image in memory holds what the file holds`(name: String) throws {
    let file = try HDF5File.contents(Fixture.path("\(name).h5"))
    let image = try HDF5File.contents(
      of: TensorBytes(Fixture.bytes("\(name).h5")), path: "memory")
    #expect(image.attributes == file.attributes)
    #expect(image.paths == file.paths)
    #expect(image.archive.entries.map(\.name) == file.archive.entries.map(\.name))
    for (one, other) in zip(image.archive.entries, file.archive.entries) {
      #expect(one.source == "memory")
      #expect(try one.tensor().isBitIdentical(to: other.tensor()))
    }
  }

  @Test func `a part of a mapped file is an image`() throws {
    let bytes = try Fixture.bytes("flat.h5")
    try Fixture.withScratchFile { write in
      let path = try write([1, 2, 3] + bytes + [4])
      let part = TensorBytes(of: try FileBytes(path: path), in: 3..<bytes.count + 3)
      let contents = try HDF5File.contents(of: part, path: path)
      for entry in contents.archive.entries {
        #expect(try entry.tensor().floats().values == [0, 1, 2, 3])
      }
    }
  }

  @Test func `an image of something else is refused`() {
    #expect(throws: HDF5Error.notHDF5(path: "memory")) {
      try HDF5File.contents(of: TensorBytes([]), path: "memory")
    }
  }

  @Test func `an image cut off anywhere is refused`() throws {
    let bytes = try Fixture.bytes("flat.h5")
    for count in stride(from: 0, to: bytes.count, by: 7) {
      let image = TensorBytes(Array(bytes.prefix(count)))
      #expect(throws: HDF5Error.self, "\(count) bytes") {
        try HDF5File.contents(of: image, path: "memory")
      }
    }
  }

  @Test func `too many texts are refused by name`() throws {
    let path = Fixture.path("refused/many-texts.h5")
    let reason = "attribute 'names': expected at most 4096 texts, found 4097"
    #expect(throws: HDF5Error.unsupported(path: path, object: "/", reason: reason)) {
      try HDF5File.contents(path)
    }
  }

  @Test(arguments: [
    (8, UInt8(0x20), "expected at most 5120 bytes, found 2101248"),
    (16 + 8, 0xFF, "object 1: expected at most 4080 bytes, found 16711686"),
    (16, 0, "object 0: expected at most 4080 bytes, found 6"),
  ])
  func `a heap that would lead the library astray is refused`(
    offset: Int, value: UInt8, reason: String
  ) throws {
    var bytes = try Fixture.bytes("attributes.h5")
    let start = try #require(bytes.firstRange(of: Array("GCOL".utf8))).lowerBound
    bytes[start + offset + (value > 1 ? 2 : 0)] = value
    let error = HDF5Error.malformed(
      path: "memory", object: "/", reason: "heap of texts at byte \(start): \(reason)")
    #expect(throws: error) {
      try HDF5File.contents(of: TensorBytes(bytes), path: "memory")
    }
  }

  /// The flips are among those that libhdf5 1.10.8 itself survives.
  @Test func `attributes with a bit flipped are read or refused, never fatal`() throws {
    let bytes = try Fixture.bytes("attributes.h5")
    for bit in stride(from: 0, to: 8 * bytes.count, by: 37) {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      do {
        _ = try HDF5File.contents(of: TensorBytes(damaged), path: "memory")
      } catch is any DiagnosticError {}
    }
  }
}
