import Files
import Foundation
import TestSupport
import Testing
import WeightFiles

/// Hostile and broken files of every kind, each read as a person's file would be.
@Suite struct HostileInputTests {
  @Test(arguments: [
    ("a group starts", [0x13], "wire type 3"), ("a group ends", [0x14], "wire type 4"),
    ("wire type 6", [0x16], "wire type 6"), ("wire type 7", [0x17], "wire type 7"),
    ("field 0", [0x00, 0x01], "number 0"), ("a number that is cut", [0x08, 0x80], "number"),
    ("a number of 11 bytes", [0x08] + [UInt8](repeating: 0x80, count: 10) + [1], "10 bytes"),
    ("a length past the end", [0x12, 0x7F, 0], "expected 127 more bytes"),
    (
      "a length of 2^64 - 1", [0x12] + [UInt8](repeating: 0xFF, count: 9) + [1],
      "expected 18446744073709551615 more bytes"
    ), ("a number where text stands", [0x10, 1], "wire type 0"),
    ("a second graph", [0x3A, 0], "found two"), ("text that holds 0", [0x12, 1, 0], "null"),
  ])
  func `malformed protobuf`(name: String, tail: [UInt8], noun: String) throws {
    let model = Proto.model(tensor: Proto.tensor("w", Proto.raw))
    try HostileFile.expectRefusal(of: model + tail, naming: noun)
  }

  @Test(arguments: [99, 6000, 60_000])
  func `malformed protobuf that nests without end`(levels: Int) throws {
    // Graphs of nodes of attributes of graphs: fields 1, 5 and 6.
    var (fields, length): ([[UInt8]], UInt64) = ([], 0)
    for level in 0..<levels {
      let number = ([6, 5, 1] as [UInt64])[level % 3]
      fields.append(Proto.varint(number << 3 | 2) + Proto.varint(length))
      length += UInt64(fields[level].count)
    }
    try HostileFile.expectRefusal(
      of: Proto.model(fields.reversed().flatMap { $0 }), naming: "levels of nesting")
  }

  @Test func `truncated file at every byte, of ONNX`() throws {
    try HostileFile.expectRefusal(
      ofEveryStartOf: Proto.model(tensor: Proto.tensor("w", Proto.raw)), as: .onnx)
  }

  @Test func `truncated file at every byte, of safetensors`() throws {
    try HostileFile.expectRefusal(
      ofEveryStartOf: safetensors(
        #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 8), as: .safetensors)
  }

  @Test func `truncated file at every byte, of NumPy`() throws {
    let whole = array("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", data: 8)
    try HostileFile.expectRefusal(ofEveryStartOf: whole, as: .npz)
    try HostileFile.expectRefusal(
      ofEveryStartOf: HostileArchive(members: [.init(name: "w.npy", bytes: whole)]).bytes, as: .npz)
  }

  @Test func `truncated file at every byte, of PyTorch`() throws {
    try HostileFile.expectRefusal(ofEveryStartOf: HostilePickle.stream(), as: .pytorch)
    try HostileFile.expectRefusal(ofEveryStartOf: HostilePickle.checkpoint().bytes, as: .pytorch)
  }

  @Test func `truncated file at every byte, of HDF5`() throws {
    let path = try HostileFile.fixture("sound.h5")
    let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
    try ScratchFolder.with { folder in
      for count in stride(from: 0, to: whole.count, by: whole.count / 64) {
        let path = try folder.write(Array(whole[..<count]))
        HostileFile.expectRefusal(of: path, as: .hdf5, naming: path)
      }
    }
  }

  @Test(arguments: [
    ([-2], "shape [-2]"), ([1 << 40, 1 << 40], "fits in memory"), ([.max], "fits in memory"),
    ([.min], "shape"), ([1 << 62, 4], "fits in memory"), ([0, -1], "shape"),
    ([Int](repeating: 1, count: 9), "at most 8 dimensions, found 9"),
    ([Int](repeating: 1, count: 10_000), "at most 8 dimensions, found 10000"),
    ([1 << 20, 1 << 20], "w"), ([3], "w"),
  ])
  func `dims huge, negative or of a product that overflows`(shape: [Int], noun: String) throws {
    try HostileFile.expectRefusal(
      of: Proto.model(tensor: Proto.tensor("w", dimensions: shape.map(Int64.init), Proto.raw)),
      naming: noun)
    let list = shape.map(String.init).joined(separator: ",")
    try HostileFile.expectRefusal(
      of: safetensors(#"{"w":{"dtype":"F32","shape":[\#(list)],"data_offsets":[0,8]}}"#, data: 8),
      naming: noun)
    let strides = [Int](repeating: 1, count: shape.count)
    let checkpoint = HostilePickle.checkpoint(HostilePickle.tensor(sizes: shape, strides: strides))
    try HostileFile.expectRefusal(of: checkpoint.bytes, naming: shape.count > 8 ? noun : "w")
    guard shape.allSatisfy({ $0 >= 0 }), shape.count < 100 else { return }
    let dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(list),)}"
    try HostileFile.expectRefusal(of: array(dictionary, data: 8), naming: "file")
  }

  @Test(arguments: ["18446744073709551614", "9223372036854775808", "1e3", "2.0", "true", "null"])
  func `dims huge, negative or no whole numbers`(dimension: String) throws {
    let header = #"{"w":{"dtype":"F32","shape":[2,\#(dimension)],"data_offsets":[0,8]}}"#
    try HostileFile.expectRefusal(of: safetensors(header, data: 8), naming: "shape")
    let dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, \(dimension))}"
    try HostileFile.expectRefusal(of: array(dictionary, data: 8), naming: "header: ")
  }

  @Test(arguments: [("dims-impossible", "shape"), ("dims-rank", "dimensions")])
  func `dims huge, of HDF5`(name: String, noun: String) throws {
    HostileFile.expectRefusal(of: try HostileFile.fixture("\(name).h5"), naming: noun)
  }

  @Test func `ONNX over 2 GiB`() throws {
    try ScratchFolder.with { folder in
      let path = try folder.write(Proto.model(tensor: Proto.tensor("w", Proto.raw)))
      #expect(unsafe truncate(path, 1 << 31) == 0)
      HostileFile.expectRefusal(of: path, as: .onnx, naming: "expected at most 2147483647 bytes")
    }
  }

  @Test func `more tensors, nodes or bytes than the limits allow`() throws {
    let tensors = ["a", "b"].flatMap { Proto.bytes(5, Proto.tensor($0, Proto.raw)) }
    let nodes = Proto.node("Relu", ["a"], ["c"]) + Proto.node("Relu", ["b"], ["d"])
    try ScratchFolder.with { folder in
      let path = try folder.write(Proto.model(nodes + tensors))
      for (key, limit, noun) in [
        (.tensors, 1, "at most 1 tensors"), (.nodes, 1, "at most 1 nodes"),
        (.totalBytes, 15, "at most 15 bytes of elements, found 16"),
        (.rank, 0, "tensor 'a'"), (.depth, 2, "levels of nesting"), (.values, 5, "values"),
      ] as [(ReadingLimits.Key, Int, String)] {
        var limits = ReadingLimits()
        limits[key] = limit
        let error = #expect(throws: (any Error).self) {
          try WeightFile.read(path, limits: limits)
        }
        let found = try #require(error as? any DiagnosticError)
        #expect(found.description.contains(path) && found.description.contains(noun), "\(found)")
        #expect(found.hint.contains("'\(key.rawValue)'"), "\(found.hint)")
      }
      #expect(throws: Never.self) { try WeightFile.read(path) }
    }
  }
}
