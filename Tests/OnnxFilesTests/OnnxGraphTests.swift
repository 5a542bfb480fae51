import Networks
import OnnxFiles
import Tensors
import TestSupport
import Testing

struct OnnxGraphTests {
  private func graph(_ name: String) throws -> Graph<OnnxOperator> {
    try OnnxFile.read(Fixture.path("\(name).onnx")).graph
  }

  @Test func `shuffled nodes come behind those that they wait for`() throws {
    let graph = try graph("shuffled")
    #expect(graph.nodes.map(\.name) == ["relu", "first", "Add#2", "middle", "last", "after"])
    #expect(graph.nodes.map(\.operation.index) == [0, 4, 2, 3, 1, 5])
    #expect(graph.name == "graph")
    #expect(graph.inputs == ["x"])
    #expect(graph.constants == ["w"])
    #expect(graph.outputs == [.init(name: "y", value: "y")])
  }

  @Test func `a node has a name of its own, with its index where the file gives none`() throws {
    #expect(
      try graph("names").nodes.map(\.name)
        == ["relu", "relu#1", "relu#2#2", "Neg#3#3", "Neg#3", "relu#2"])
  }

  @Test func `inputs and outputs that are left out keep their places`() throws {
    let nodes = try graph("optional").nodes
    #expect(nodes[1].inputs == ["x", "", "w"])
    #expect(nodes[2].inputs == ["x", "w", "w", "", "", "", ""])
    #expect(nodes[2].outputs == ["", "h", ""])
    #expect(nodes[3].outputs == ["z", ""])
  }

  @Test func `attributes of every type are told apart`() throws {
    let anything = try graph("attributes").nodes[2].operation
    #expect(anything.type == "Anything")
    #expect(anything.domain == "com.example")
    let attributes = anything.attributes
    guard case .float(1.5)? = attributes["number"], case .integer(-7)? = attributes["whole"],
      case .text("aé")? = attributes["text"], case .floats([1, 2])? = attributes["floats"],
      case .integers([1, 2])? = attributes["wholes"],
      case .texts(["a", "b"])? = attributes["texts"],
      case .tensor(let held)? = attributes["held"], case .graph? = attributes["graphs"],
      case .integer(0)? = attributes["zero"]
    else {
      Issue.record("found \(attributes)")
      return
    }
    #expect(held.elementType == .int64)
    #expect(try held.tensor().bitPatterns(as: Int64.self) == [1, 2])
    for (name, type) in [
      ("tensors", "TENSORS"), ("sparse", "SPARSE_TENSOR"), ("label", "TENSOR"),
      ("kind", "TYPE_PROTO"), ("damaged", "STRING"), ("untyped", "UNDEFINED"),
    ] {
      guard case .other(type)? = attributes[name] else {
        Issue.record("\(name): found \(String(describing: attributes[name]))")
        continue
      }
    }
  }

  @Test func `the graphs of a branch are kept as such, and their constants are not the model's`()
    throws
  {
    let model = try OnnxFile.read(Fixture.path("attributes.onnx"))
    let branch = try model.graph.nodes[1].operation
    #expect(branch.type == "If")
    for name in ["then_branch", "else_branch"] {
      guard case .graph? = branch.attributes[name] else {
        Issue.record("\(name): found \(String(describing: branch.attributes[name]))")
        continue
      }
    }
    #expect(model.weights["inner"] == nil)
  }

  @Test func `a model whose nodes call its functions has weights and no graph`() throws {
    let path = Fixture.path("function.onnx")
    let model = try OnnxFile.read(path)
    #expect(try model.weights["w"]?.floats().values == [1, 2])
    #expect(throws: OnnxError.functionCall(path: path, node: "call", function: "Twice")) {
      try model.graph
    }
    #expect(try graph("function-unused").nodes.count == 1)
  }

  @Test func `inputs have types and dimensions where the file gives them`() throws {
    let inputs = try OnnxFile.read(Fixture.path("values.onnx")).inputs
    #expect(
      inputs.map(\.name) == ["x", "scalar", "rank", "letters", "sequence", "minus", "bare"])
    #expect(
      inputs.map(\.elementType) == [.float16, .int64, .float32, nil, nil, .float32, nil])
    #expect(inputs.map(\.dimensions) == [[1, nil, nil, 3], [], nil, [2], nil, [nil], nil])
  }

  @Test(arguments: ["7", "9", "11", "13", "17", "20"])
  func `an export in any operator set has its layers and their weights`(version: String) throws {
    let model = try OnnxFile.read(Fixture.path("opsets/\(version).onnx"))
    #expect(model.operatorSets[""] == Int(version))
    #expect(model.inputs.map(\.name) == ["input.1"])
    let graph = try model.graph
    let types = graph.nodes.map(\.operation.type)
    #expect(types.starts(with: ["Conv", "BatchNormalization", "Relu"]))
    #expect(types.last == "Clip")
    #expect(graph.nodes[0].inputs == ["input.1", "conv.weight", "conv.bias"])
    for node in graph.nodes.prefix(2) {
      for input in node.inputs.dropFirst() where model.weights[input]?.elementType != .float32 {
        Issue.record("\(node.name): \(input) is no weight")
      }
    }
    #expect(
      Set(model.origins.filter { $0.value == .initializer }.keys) == [
        "conv.bias", "conv.weight", "norm.bias", "norm.weight",
      ])
  }

  @Test func `the newest operator set is read`() throws {
    let model = try OnnxFile.read(Fixture.path("opsets/newest.onnx"))
    #expect(model.irVersion == 14)
    #expect(model.operatorSets == ["": 28])
    #expect(try model.graph.nodes.map(\.operation.type) == ["Relu", "Conv"])
  }

  @Test func `a chain of ten thousand nodes in reverse is ordered`() throws {
    let count = 10_000
    var nodes: [UInt8] = []
    for index in (0..<count).reversed() {
      let node = Wire.text(1, index == 0 ? "x" : "v\(index - 1)") + Wire.text(2, "v\(index)")
      nodes += Wire.field(1, node + Wire.text(4, "Neg"))
    }
    let graph = nodes + Wire.field(11, Wire.text(1, "x"))
    try Fixture.withScratchFile { write in
      let path = try write([0x08, 8] + Wire.field(7, graph) + Wire.field(8, [0x10, 17]))
      let model = try OnnxFile.read(path)
      #expect(try model.graph.nodes.map(\.operation.index) == (0..<count).reversed())
    }
  }
}
