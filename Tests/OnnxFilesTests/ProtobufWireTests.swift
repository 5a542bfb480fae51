import Glibc
import OnnxFiles
import Tensors
import TestSupport
import Testing

/// Models written byte by byte, as a hostile writer might.
struct ProtobufWireTests {
  /// Graphs in attributes of nodes of graphs: one model, then three messages a level.
  private func nestedModel(levels: Int) -> [UInt8] {
    var graph: [UInt8] = []
    for _ in 1..<levels {
      graph = Wire.field(1, Wire.text(4, "If") + Wire.field(5, Wire.field(6, graph)))
    }
    return [0x08, 8] + Wire.field(7, graph) + Wire.field(8, [0x10, 17])
  }

  private func expectFailure(_ bytes: [UInt8], at offset: Int, _ reason: String) throws {
    try Fixture.withScratchFile { write in
      let path = try write(bytes)
      #expect(throws: OnnxError.malformedMessage(path: path, offset: offset, reason: reason)) {
        try OnnxFile.read(path)
      }
    }
  }

  @Test func `messages may nest a hundred deep`() throws {
    try Fixture.withScratchFile { write in
      let path = try write(nestedModel(levels: 33))
      #expect(try OnnxFile.read(path).irVersion == 8)
    }
  }

  @Test(arguments: [34, 5000])
  func `messages that nest deeper are refused before they are parsed`(levels: Int) throws {
    try Fixture.withScratchFile { write in
      let path = try write(nestedModel(levels: levels))
      let error = try #require(throws: OnnxError.self) { try OnnxFile.read(path) }
      #expect(error.description.hasSuffix("expected at most 100 levels of nesting, found 101"))
    }
  }

  @Test func `a length past the end is refused`() throws {
    try expectFailure([0x08, 8, 0x3A, 5, 0], at: 3, "field 7: expected 5 more bytes, found 1")
  }

  @Test func `a length past the enclosing message is refused`() throws {
    try expectFailure(
      [0x08, 8, 0x3A, 2, 0x0A, 1, 0, 0], at: 5, "field 1: expected 1 more bytes, found 0")
  }

  @Test func `a length past every integer is refused`() throws {
    try expectFailure(
      [0x08, 8, 0x3A] + [UInt8](repeating: 0xFF, count: 9) + [1], at: 3,
      "field 7: expected 18446744073709551615 more bytes, found 0")
  }

  @Test func `a number of eleven bytes is refused`() throws {
    try expectFailure(
      [0x08, 8, 0x28] + [UInt8](repeating: 0x80, count: 10) + [1], at: 3,
      "expected a number of at most 10 bytes, found more")
  }

  @Test func `a number that does not end is refused`() throws {
    try expectFailure([0x08, 0x88], at: 1, "expected a number, found the end of the message")
  }

  @Test func `a model beyond the limit of protocol buffers is refused with a way out`() throws {
    try Fixture.withScratchFile { write in
      let path = try write([0x08, 8, 0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 7])
      #expect(unsafe truncate(path, 1 << 31) == 0)
      let error = try #require(throws: OnnxError.self) { try OnnxFile.read(path) }
      #expect(error == .tooLarge(path: path, bytes: 1 << 31))
      #expect(error.hint.contains("external data"))
    }
  }

  @Test func `of raw data that is there twice the last counts`() throws {
    let named = Wire.text(8, "w") + [0x08, 1, 0x10, 3]
    let tensor = Wire.field(9, [1, 2]) + named + Wire.field(9, [7])
    try Fixture.withScratchFile { write in
      let path = try write(
        [0x08, 8] + Wire.field(7, Wire.field(5, tensor)) + Wire.field(8, [0x10, 17]))
      let weight = try #require(try OnnxFile.read(path).weights["w"])
      #expect(try weight.tensor().bitPatterns(as: Int8.self) == [7])
    }
  }

  @Test func `groups are refused`() throws {
    try expectFailure([0x08, 8, 0x3A, 1, 0x0B], at: 4, "field 1: unknown wire type 3")
  }

  @Test func `field number zero is refused`() throws {
    try expectFailure([0x08, 8, 0x3A, 2, 0x00, 1], at: 4, "expected a field, found number 0")
  }

  @Test func `a message written as a number is refused`() throws {
    try expectFailure(
      [0x08, 8, 0x3A, 2, 0x08, 1], at: 4, "field 'node' of GraphProto: unexpected wire type 0")
  }

  @Test func `packed numbers that do not end are refused by the parser`() throws {
    let tensor = Wire.field(7, [1, 0x80])
    try Fixture.withScratchFile { write in
      let path = try write(
        [0x08, 8] + Wire.field(7, Wire.field(5, tensor)) + Wire.field(8, [0x10, 17]))
      #expect(throws: OnnxError.refusedMessage(path: path)) { try OnnxFile.read(path) }
    }
  }
}
