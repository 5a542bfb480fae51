import Foundation
import Networks
import OnnxFiles
import Tensors
import TestSupport
import Testing
import WeightFiles

/// The rows of ``HostileInputTests`` that are of ONNX models alone.
@Suite struct HostileOnnxTests {
  @Test(
    arguments: [
      (1, [2], Proto.bytes(9, [0, 0, 0, 0]), "expected 8 bytes in raw_data, found 4"),
      (1, [2], Proto.bytes(9, [UInt8](repeating: 0, count: 9)), "found 9"),
      (1, [2], Proto.bytes(4, [UInt8](repeating: 0, count: 12)), "found 3"),
      (1, [2], Proto.raw + Proto.bytes(4, [UInt8](repeating: 0, count: 8)), "one field of data"),
      (1, [2], Proto.bytes(7, [1, 2]), "cannot be in int64_data"),
      (10, [2], Proto.bytes(4, [UInt8](repeating: 0, count: 8)), "cannot be in float_data"),
      (10, [2], Proto.bytes(5, [1, 0x80, 0x80, 4]), "out of range"),
      (1, [0], Proto.raw, "expected 0 bytes in raw_data, found 8"),
      (1, [0], Proto.bytes(4, [0, 0, 0, 0]), "expected 0 elements in float_data, found 1"),
      (1, [2], [], "expected 2 elements, found none"),
      (8, [2], Proto.raw, "STRING elements cannot be in raw_data"),
      (1, [2], Proto.text(6, "ab") + Proto.text(6, "cd"), "cannot be in string_data"),
      (1, [2], Proto.raw + Proto.raw, ""),
      (1, [2], Proto.raw + Proto.number(14, 2), "data_location"),
      (1, [2], Proto.bytes(4, [0, 0, 0]), "parse"),
    ] as [(Int64, [Int64], [UInt8], String)])
  func `data size unlike dims, or contradictory value fields`(
    type: Int64, shape: [Int64], data: [UInt8], noun: String
  ) throws {
    let model = Proto.model(tensor: Proto.tensor("w", type: type, dimensions: shape, data))
    guard noun != "" else {
      // The last of two scalars wins, as in every reader of protocol buffers.
      try ScratchFolder.with { folder in
        let path = try folder.write(model)
        #expect(try WeightFile.read(path).weights["w"]?.floats().values == [1, 2])
      }
      return
    }
    try HostileFile.expectRefusal(of: model, naming: noun)
  }

  @Test(arguments: [
    [Proto.text(1, "value_float") + [0x15, 0, 0, 0, 0] + Proto.number(3, 1) + Proto.number(20, 1)],
    [Proto.text(1, "value") + Proto.bytes(5, Proto.tensor("", Proto.raw)) + Proto.number(3, 1)],
    [
      Proto.text(1, "value") + Proto.bytes(5, Proto.tensor("", Proto.raw)) + Proto.number(20, 4),
      Proto.text(1, "value_int") + Proto.number(3, 1) + Proto.number(20, 2),
    ],
  ])
  func `contradictory value fields of a Constant`(attributes: [[UInt8]]) throws {
    let node = Proto.node("Constant", [], ["c"], attributes: attributes)
    try HostileFile.expectRefusal(of: Proto.model(node), naming: "Constant#0")
  }

  @Test(arguments: [
    (
      "two initializers",
      Proto.bytes(5, Proto.tensor("w", Proto.raw)) + Proto.bytes(5, Proto.tensor("w", Proto.raw)),
      "'w'"
    ), ("no name", Proto.bytes(5, Proto.tensor("", Proto.raw)), "initializer 0: expected a name"),
    (
      "a value made twice", Proto.node("Relu", ["w"], ["a"]) + Proto.node("Relu", ["w"], ["a"]),
      "'a'"
    ),
    ("an initializer made", Proto.node("Relu", ["w"], ["w"]), "'w'"),
    ("two outputs of one name", Proto.node("Split", ["w"], ["a", "a"]), "'a'"),
    (
      "a cycle", Proto.node("Add", ["w", "b"], ["a"]) + Proto.node("Relu", ["a"], ["b"]), "circular"
    ),
    ("a cycle of one", Proto.node("Add", ["w", "a"], ["a"]), "circular"),
    ("a value that nothing makes", Proto.node("Add", ["w", "x"], ["a"]), "'x'"),
    ("a node without an operator", Proto.node("", ["w"], ["a"]), "op_type"),
    ("an output that nothing makes", Proto.bytes(12, Proto.text(1, "y")), "'y'"),
    (
      "two inputs of one name",
      Proto.bytes(11, Proto.text(1, "x")) + Proto.bytes(11, Proto.text(1, "x")), "'x'"
    ),
  ])
  func `duplicate initializer names, SSA, missing names and cycles`(
    name: String, graph: [UInt8], noun: String
  ) throws {
    let isAlone = name == "two initializers" || name == "no name"
    let constant = isAlone ? [] : Proto.bytes(5, Proto.tensor("w", Proto.raw))
    try HostileFile.expectRefusal(of: Proto.model(graph + constant), naming: noun)
  }

  @Test func `nodes that are not sorted are read in an order in which they can run`() throws {
    let graph =
      Proto.node("Relu", ["a"], ["b"]) + Proto.node("Relu", ["w"], ["a"])
      + Proto.bytes(5, Proto.tensor("w", Proto.raw))
    try ScratchFolder.with { folder in
      let source = try WeightFile.read(try folder.write(Proto.model(graph)))
      guard case .onnx(let model) = source.structure else {
        Issue.record("no graph")
        return
      }
      #expect(try model.graph.nodes.map(\.outputs) == [["a"], ["b"]])
    }
  }

  @Test(arguments: [16, 17, 22] as [Int64])
  func `sparse initialisers, int4, bf16 and fp8 are read or named`(type: Int64) throws {
    let data = Proto.bytes(9, type == 16 ? [0x80, 0x3F, 0, 0x40] : [1, 2])
    let sparse = Proto.bytes(15, Proto.bytes(1, Proto.tensor("s", Proto.raw)))
    let graph = Proto.bytes(5, Proto.tensor("w", type: type, data)) + sparse
    try ScratchFolder.with { folder in
      let weights = try WeightFile.read(try folder.write(Proto.model(graph))).weights
      #expect(weights.unreadable["s"]?.description.contains("sparse") == true)
      if type == 16 {
        #expect(try weights["w"]?.floats().values == [1, 2])
      } else {
        #expect(weights.unreadable["w"]?.description.contains("data_type \(type)") == true)
      }
    }
  }

  /// A model whose tensor's elements stand in another file.
  private static func external(_ items: [(String, String)]) -> [UInt8] {
    let data = items.flatMap { Proto.bytes(13, Proto.text(1, $0.0) + Proto.text(2, $0.1)) }
    return Proto.model(tensor: Proto.tensor("w", data + Proto.number(14, 1)))
  }

  @Test(arguments: [
    ("../w.bin", "leads upwards"), ("a/../../w.bin", "leads upwards"), ("a/..", "leads upwards"),
    ("/etc/hostname", "absolute"), ("", "no file is named"), (".", "no file is named"),
    ("./", "no file is named"), ("a\\w.bin", "backslash"), ("folder", "regular file"),
    ("pipe", "regular file"), ("link.bin", "symbolic link"), ("away/w.bin", "symbolic link"),
    ("linked/w.bin", "symbolic link"), ("hard.bin", "2 names"), ("dangling", "symbolic link"),
    ("device/null", "symbolic link"),
  ])
  func `external data that leads out of the folder, or to no plain file`(
    location: String, noun: String
  ) throws {
    try ScratchFolder.with { outer in
      let manager = FileManager.default
      let folder = outer.file("model")
      try manager.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: true)
      try manager.createDirectory(atPath: folder + "/real", withIntermediateDirectories: true)
      try outer.write([UInt8](repeating: 0, count: 8), to: "w.bin")
      try outer.write([UInt8](repeating: 0, count: 8), to: "model/real/w.bin")
      try outer.write([UInt8](repeating: 0, count: 8), to: "other.bin")
      for (link, target) in [
        ("link.bin", "real/w.bin"), ("away", ".."), ("linked", "real"), ("dangling", "nowhere"),
        ("device", "/dev"),
      ] {
        try manager.createSymbolicLink(
          atPath: "\(folder)/\(link)", withDestinationPath: target)
      }
      try manager.linkItem(atPath: outer.file("other.bin"), toPath: folder + "/hard.bin")
      #expect(unsafe mkfifo(folder + "/pipe", 0o600) == 0)
      let model = try outer.write(Self.external([("location", location)]), to: "model/m.onnx")
      HostileFile.expectRefusal(of: model, naming: noun)
    }
  }

  @Test(arguments: [
    [("offset", "-1")], [("offset", "x")], [("offset", "")], [("offset", "0x1")],
    [("offset", "9")], [("offset", "1")], [("offset", "9223372036854775807")],
    [("offset", "9223372036854775808")], [("length", "-8")], [("length", "x")],
    [("length", "7")], [("length", "16")], [("length", "18446744073709551615")],
    [("basepath", "/etc")], [("__class__", "x")], [("offset", "0"), ("offset", "0")],
    [("location", "w.bin")],
  ])
  func `external data of offsets and lengths that are none, and unknown keys`(
    items: [(String, String)]
  ) throws {
    try ScratchFolder.with { folder in
      try folder.write([UInt8](repeating: 0, count: 8), to: "w.bin")
      let model = try folder.write(
        Self.external([("location", "w.bin")] + items), to: "m.onnx")
      HostileFile.expectRefusal(of: model, naming: "external data: ")
      let sound = try folder.write(Self.external([("location", "w.bin")]), to: "m.onnx")
      #expect(throws: Never.self) { try WeightFile.read(sound) }
    }
  }
}
