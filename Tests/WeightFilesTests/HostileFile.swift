import Files
import Foundation
import Tensors
import TestSupport
import Testing
import WeightFiles

/// The bytes of small files, written field by field, so that each field can lie.
enum HostileFile {
  /// `value` in as many bytes as its type has, the lowest first.
  static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// The path of a file that `Fixtures/make_fixtures.py` made.
  static func fixture(_ name: String) throws -> String {
    let folder = try #require(Bundle.module.resourceURL)
    return folder.appending(path: "Fixtures/\(name)").path
  }

  /// Expects that the file at `path` is refused as malformed, with its name and `noun`, and says
  /// what to do; elements are read too where the file itself lets them be asked for.
  static func expectRefusal(
    of path: String, as format: WeightFormat? = nil, naming noun: String,
    fault: Fault = .malformedInput, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      let source = try WeightFile.read(path, as: format)
      for entry in source.weights.entries { _ = try entry.tensor() }
      Issue.record("'\(noun)' was read", sourceLocation: sourceLocation)
    } catch let error as any DiagnosticError {
      #expect(error.fault == fault, "\(error)", sourceLocation: sourceLocation)
      #expect(error.description.contains(path), "\(error)", sourceLocation: sourceLocation)
      #expect(error.description.contains(noun), "\(error)", sourceLocation: sourceLocation)
      #expect(!error.hint.isEmpty, sourceLocation: sourceLocation)
    } catch {
      Issue.record("\(error)", sourceLocation: sourceLocation)
    }
  }

  /// Expects that a file of `bytes` is refused.
  static func expectRefusal(
    of bytes: [UInt8], as format: WeightFormat? = nil, naming noun: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(bytes)
      expectRefusal(of: path, as: format, naming: noun, sourceLocation: sourceLocation)
    }
  }

  /// Expects that no file of the first bytes of `whole` is read, which itself is.
  static func expectRefusal(
    ofEveryStartOf whole: [UInt8], as format: WeightFormat,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(whole)
      #expect(throws: Never.self, sourceLocation: sourceLocation) { try WeightFile.read(path) }
      for count in whole.indices {
        let path = try folder.write(Array(whole[..<count]))
        expectRefusal(of: path, as: format, naming: path, sourceLocation: sourceLocation)
      }
    }
  }
}

/// A protocol buffer, field by field.
enum Proto {
  static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes): (UInt64, [UInt8]) = (value, [])
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func number(_ field: UInt64, _ value: Int64) -> [UInt8] {
    varint(field << 3) + varint(UInt64(bitPattern: value))
  }

  static func bytes(_ field: UInt64, _ value: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(UInt64(value.count)) + value
  }

  static func text(_ field: UInt64, _ text: String) -> [UInt8] { bytes(field, Array(text.utf8)) }

  /// A `TensorProto` of binary32 numbers, whose elements are `data`, other fields.
  static func tensor(
    _ name: String, type: Int64 = 1, dimensions: [Int64] = [2], _ data: [UInt8]
  ) -> [UInt8] {
    dimensions.flatMap { number(1, $0) } + number(2, type) + text(8, name) + data
  }

  /// Raw data of two binary32 numbers.
  static let raw = bytes(9, [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])

  /// A `NodeProto`.
  static func node(
    _ type: String, _ inputs: [String], _ outputs: [String], attributes: [[UInt8]] = []
  ) -> [UInt8] {
    bytes(
      1,
      inputs.flatMap { text(1, $0) } + outputs.flatMap { text(2, $0) } + text(4, type)
        + attributes.flatMap { bytes(5, $0) })
  }

  /// A model whose graph is `graph`: fields of `GraphProto`.
  static func model(_ graph: [UInt8]) -> [UInt8] {
    number(1, 8) + bytes(8, number(2, 17)) + bytes(7, text(2, "g") + graph)
  }

  /// A model of one initializer.
  static func model(tensor: [UInt8]) -> [UInt8] { model(bytes(5, tensor)) }
}

/// A safetensors file of this header and so many bytes behind it.
func safetensors(_ header: String, data: Int = 0, size: UInt64? = nil) -> [UInt8] {
  let text = Array(header.utf8)
  return HostileFile.little(size ?? UInt64(text.count)) + text + [UInt8](repeating: 0, count: data)
}

/// An array of NumPy: this dictionary and so many bytes behind it.
func array(_ dictionary: String, data: Int) -> [UInt8] {
  let text = Array((dictionary + "\n").utf8)
  return [0x93] + Array("NUMPY".utf8) + [1, 0] + HostileFile.little(UInt16(text.count)) + text
    + [UInt8](repeating: 0, count: data)
}
