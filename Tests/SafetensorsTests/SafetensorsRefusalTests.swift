import Files
import Foundation
import Safetensors
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsRefusalTests {
  @Test(arguments: [
    (#""dtype":"F8_E4M3","shape":[1],"data_offsets":[0,4]"#, "dtype: expected one of "),
    (#""dtype":"f32","shape":[1],"data_offsets":[0,4]"#, "dtype: expected one of "),
    (#""dtype":"F32","shape":[2],"data_offsets":[0,4]"#, "F32 [2]: expected 8 bytes, found 4"),
    (#""dtype":"F32","shape":[-1],"data_offsets":[0,4]"#, "shape [-1]: expected dimensions"),
    (
      #""dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]"#,
      "shape [4611686018427387904, 4]: expected dimensions"
    ),
    (#""dtype":"F32","shape":[1],"data_offsets":[4,0]"#, "data_offsets: expected [from, to]"),
    (#""dtype":"F32","shape":[1],"data_offsets":[-4,0]"#, "data_offsets: expected [from, to]"),
    (#""dtype":"F32","shape":[1],"data_offsets":[0]"#, "data_offsets: expected [from, to]"),
    (#""dtype":"F32","shape":[1],"data_offsets":[0,2,4]"#, "data_offsets: expected [from, to]"),
  ])
  func `an entry that contradicts itself is refused with the tensor's name`(
    fields: String, reason: String
  ) throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Self.file("{\"a\":{\(fields)}}", data: 4))
      let error = try #require(throws: SafetensorsError.self) { try SafetensorsFile.read(path) }
      guard case .malformedTensor(path, "a", let found) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(found.hasPrefix(reason), "\(found)")
    }
  }

  @Test(
    arguments: [
      ([(0, 4), (0, 4)], 4, "tensor 'b': expected to start at byte 4, found 0"),
      ([(0, 4), (2, 6)], 6, "tensor 'b': expected to start at byte 4, found 2"),
      ([(0, 4), (8, 12)], 12, "tensor 'b': expected to start at byte 4, found 8"),
      ([(4, 8)], 8, "tensor 'a': expected to start at byte 0, found 4"),
      ([(0, 4)], 5, "expected 4 bytes after the header, found 5"),
      ([(0, 4)], 3, "expected 4 bytes after the header, found 3"),
      ([], 1, "expected 0 bytes after the header, found 1"),
    ] as [([(Int, Int)], Int, String)])
  func `bytes that overlap, are left out or left over are refused`(
    ranges: [(Int, Int)], data: Int, reason: String
  ) throws {
    let entries = zip(["a", "b"], ranges).map { name, range in
      "\"\(name)\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[\(range.0),\(range.1)]}"
    }
    try ScratchFolder.with { folder in
      let path = try folder.write(Self.file("{\(entries.joined(separator: ","))}", data: data))
      #expect(throws: SafetensorsError.layout(path: path, reason: reason)) {
        try SafetensorsFile.read(path)
      }
    }
  }

  @Test(arguments: [
    "", "[]", "null", "{", "{\"a\":1}", "{\"a\":{}}", "{\"a\":{\"dtype\":\"F32\"}}",
    "{\"__metadata__\":{\"a\":1}}", "{\"__metadata__\":\"a\"}", "{\"a\":{\"b\":\"c\"}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1e40],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4],\"b\":0}}",
    "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}",
    "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "{\"__metadata__\":{},\"__metadata__\":{}}",
  ])
  func `a header that is not the format's JSON is refused`(header: String) throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Self.file(header, data: 0))
      let error = try #require(throws: SafetensorsError.self) { try SafetensorsFile.read(path) }
      guard case .malformedHeader(path, let reason) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(!reason.isEmpty)
    }
  }

  @Test func `a tensor that the header names twice is refused by name`() throws {
    let entry = #""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
    try ScratchFolder.with { folder in
      let path = try folder.write(Self.file("{\(entry),\(entry)}", data: 4))
      let reason = "byte 57: expected each name once, found 'a' again"
      #expect(throws: SafetensorsError.malformedHeader(path: path, reason: reason)) {
        try SafetensorsFile.read(path)
      }
    }
  }

  @Test func `a header that nests too deep is refused with the limit`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Self.file(String(repeating: "[", count: 100_000), data: 0))
      let error = FileError.beyondLimit(
        path: path, object: "safetensors header", limit: .depth, allowed: 100, found: 101)
      #expect(throws: error) { try SafetensorsFile.read(path) }
    }
  }

  @Test func `a header that is not UTF-8 is refused`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write([4, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x22, 0xFF, 0x7D])
      let error = try #require(throws: SafetensorsError.self) { try SafetensorsFile.read(path) }
      guard case .malformedHeader = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test(arguments: [100_000_001, 1 << 62, .max] as [UInt64])
  func `a header beyond the format's limit is refused before it is read`(count: UInt64) throws {
    try ScratchFolder.with { folder in
      let size = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
      let path = try folder.write(size + Array("{}".utf8))
      #expect(throws: SafetensorsError.headerTooLarge(path: path, bytes: count)) {
        try SafetensorsFile.read(path)
      }
    }
  }

  @Test func `a file of another format is told from a damaged one`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Array("PK\u{3}\u{4} and what an archive holds".utf8))
      let error = SafetensorsError.otherFormat(path: path)
      #expect(throws: error) { try SafetensorsFile.read(path) }
      #expect(error.hint.contains(": stm-convert \(path) -o "))
    }
  }

  @Test func `a file that ends within its header is truncated`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write([9, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8))
      #expect(throws: SafetensorsError.truncated(path: path, expected: 17, found: 10)) {
        try SafetensorsFile.read(path)
      }
    }
  }

  @Test func `a file cut at any byte is refused`() throws {
    let whole = [UInt8](try Data(contentsOf: URL(filePath: try fixture("types.safetensors"))))
    try ScratchFolder.with { folder in
      for count in whole.indices {
        let path = try folder.write(Array(whole[..<count]))
        #expect(throws: SafetensorsError.self, "\(count)") { try SafetensorsFile.read(path) }
      }
    }
  }

  @Test func `flipped bytes are read or refused, and never more than the file holds`() throws {
    let whole = [UInt8](try Data(contentsOf: URL(filePath: try fixture("types.safetensors"))))
    var generator = SeededGenerator(seed: 1)
    try ScratchFolder.with { folder in
      for _ in 0..<1500 {
        var bytes = whole
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          // Mostly within the header, where it matters.
          let end = Bool.random(using: &generator) ? 1200 : whole.count
          bytes[Int.random(in: 0..<end, using: &generator)] = UInt8.random(
            in: 0...255, using: &generator)
        }
        let path = try folder.write(bytes)
        do {
          let archive = try SafetensorsFile.read(path)
          let sizes = try archive.entries.map { try $0.tensor().bytes.count }
          #expect(sizes.reduce(0, +) < whole.count)
        } catch {
          #expect(error is any DiagnosticError, "\(error)")
        }
      }
    }
  }

  @Test(
    arguments: [
      ([2, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D], true), ([2, 0, 0, 0, 0, 0, 0, 0], false), ([], false),
      ([2, 0, 0, 0, 0, 0, 0, 0, 0x5B, 0x5D], false),
      ([2, 0, 0, 0, 0, 0, 0, 0x7F, 0x7B, 0x7D], false),
    ] as [([UInt8], Bool)])
  func `the format is recognized by the size and the brace`(
    bytes: [UInt8], expected: Bool
  ) throws {
    try ScratchFolder.with { folder in
      let file = try FileBytes(path: try folder.write(bytes))
      #expect(SafetensorsFile.recognizes(file) == expected)
    }
  }

  /// A file of this header and `data` bytes of 0.
  private static func file(_ header: String, data: Int) -> [UInt8] {
    let text = Array(header.utf8)
    let size = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return size + text + [UInt8](repeating: 0, count: data)
  }
}
