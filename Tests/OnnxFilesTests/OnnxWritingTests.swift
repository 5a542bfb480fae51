import Files
import Foundation
import Networks
import OnnxFiles
import Tensors
import Testing

struct OnnxWritingTests {
  private static let folder = FileManager.default.temporaryDirectory

  /// Calls `body` with a path where nothing is; what is there afterwards is removed.
  private func withPath(_ body: (String) throws -> Void) throws {
    let path = Self.folder.appending(path: "\(UUID().uuidString).onnx").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func document(
    _ nodes: [Graph<OnnxOperator>.Node] = [], initializers: [TensorArchive.Entry] = [],
    operatorSet: Int = 17, inputs: [OnnxDocument.Value] = []
  ) -> OnnxDocument {
    OnnxDocument(
      name: "graph", operatorSet: operatorSet, producer: ("writer", "1.0"), inputs: inputs,
      outputs: [], initializers: initializers, nodes: nodes, metadata: ["b": "2", "a": "1"])
  }

  @Test func `tensors of every type and rank are read back bit for bit`() throws {
    let entries = ElementType.allCases.flatMap { type in
      [[], [3], [2, 0, 1], [2, 1, 3]].map { dimensions -> TensorArchive.Entry in
        let shape = Shape(dimensions)
        let bytes = (0..<shape.elementCount * type.byteCount).map { UInt8($0 % 2) }
        guard
          let tensor = try? Tensor(elementType: type, shape: shape, bytes: TensorBytes(bytes))
        else { preconditionFailure("\(type) \(shape)") }
        return .init(name: "\(type.rawValue) \(dimensions)", tensor: tensor)
      }
    }
    try withPath { path in
      try OnnxFile.write(document(initializers: entries), to: path)
      let weights = try OnnxFile.read(path).weights
      #expect(weights.entries.map(\.name) == entries.map(\.name))
      for entry in entries {
        let found = try #require(try weights[entry.name]?.tensor())
        #expect(try found.isBitIdentical(to: entry.tensor()), "\(entry.name)")
      }
    }
  }

  @Test func `nodes keep their names, operands and attributes of every kind`() throws {
    let held = TensorArchive.Entry(
      name: "held", tensor: Tensor(bitPatterns: [7, 8], elementType: .int64, shape: [2]))
    let operation = OnnxOperator(
      type: "Anything", domain: "com.example",
      attributes: [
        "number": .float(1.5), "whole": .integer(-7), "text": .text("aé"), "none": .text(""),
        "floats": .floats([1, -2]), "wholes": .integers([3, -4]), "texts": .texts(["a", ""]),
        "empty": .integers([]), "held": .tensor(held),
      ], index: 0)
    let nodes = [
      Graph<OnnxOperator>.Node(
        name: "first", operation: operation, inputs: ["x", "", "x"], outputs: ["y", "", "z"]),
      Graph<OnnxOperator>.Node(
        name: "second", operation: OnnxOperator(type: "Relu", index: 1), inputs: ["y"],
        outputs: ["r"]),
    ]
    let input = OnnxDocument.Value(
      name: "x", elementType: .float16, dimensions: [.symbol("n"), .fixed(3), .fixed(0)])
    try withPath { path in
      try OnnxFile.write(document(nodes, inputs: [input]), to: path)
      let model = try OnnxFile.read(path)
      #expect(model.inputs.map(\.name) == ["x"])
      #expect(model.inputs[0].elementType == .float16)
      #expect(model.inputs[0].dimensions == [nil, 3, 0])
      let found = try model.graph.nodes
      #expect(found.map(\.name) == ["first", "second"])
      #expect(found[0].inputs == ["x", "", "x"] && found[0].outputs == ["y", "", "z"])
      #expect(found[0].operation.type == "Anything" && found[0].operation.domain == "com.example")
      #expect(found[1].operation.domain == "")
      let attributes = found[0].operation.attributes
      guard case .float(1.5)? = attributes["number"], case .integer(-7)? = attributes["whole"],
        case .text("aé")? = attributes["text"], case .text("")? = attributes["none"],
        case .floats([1, -2])? = attributes["floats"],
        case .integers([3, -4])? = attributes["wholes"], case .integers([])? = attributes["empty"],
        case .texts(["a", ""])? = attributes["texts"], case .tensor(let entry)? = attributes["held"]
      else {
        Issue.record("found \(attributes)")
        return
      }
      #expect(try entry.tensor().bitPatterns(as: Int64.self) == [7, 8])
    }
  }

  @Test(arguments: [13: 7, 15: 8, 18: 8, 19: 9, 21: 10, 23: 11, 24: 12, 25: 13, 28: 14])
  func `an operator set has the format version that it was published with`(
    operatorSet: Int, irVersion: Int
  ) throws {
    try withPath { path in
      try OnnxFile.write(document(operatorSet: operatorSet), to: path)
      let model = try OnnxFile.read(path)
      #expect(model.operatorSets == ["": operatorSet])
      #expect(model.irVersion == irVersion)
      #expect(model.producerName == "writer" && model.producerVersion == "1.0")
    }
  }

  @Test func `a model beyond the limit of protocol buffers is refused before it is read`() throws {
    let entry = TensorArchive.Entry(
      name: "huge", elementType: .float32, shape: [1 << 29], source: "nowhere"
    ) { throw FileError.notFound(path: "nowhere") }
    try withPath { path in
      #expect(throws: OnnxError.cannotHold(path: path, bytes: 1 << 31)) {
        try OnnxFile.write(document(initializers: [entry]), to: path)
      }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func `a file that was there stays where a tensor cannot be read`() throws {
    let entry = TensorArchive.Entry(
      name: "lost", elementType: .float32, shape: [1], source: "nowhere"
    ) { throw FileError.notFound(path: "nowhere") }
    try withPath { path in
      try Data([1, 2]).write(to: URL(filePath: path))
      #expect(throws: FileError.notFound(path: "nowhere")) {
        try OnnxFile.write(document(initializers: [entry]), to: path)
      }
      #expect(try Data(contentsOf: URL(filePath: path)) == Data([1, 2]))
    }
  }
}
