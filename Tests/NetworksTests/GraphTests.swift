import Networks
import Testing

@Suite struct GraphTests {
  private typealias Node = Graph<LayerOperation>.Node

  @Test func `a value that nothing makes is refused with its reader`() {
    #expect(throws: GraphError.unknownValue(graph: "g", value: "z", reader: "a")) {
      try Graph(
        name: "g", inputs: ["x"],
        nodes: [Node(name: "a", operation: .relu, inputs: ["z"], outputs: ["a"])], outputs: [])
    }
  }

  @Test func `a value that is made only later is refused, so circles are too`() {
    #expect(throws: GraphError.unknownValue(graph: "g", value: "b", reader: "a")) {
      try Graph(
        name: "g", inputs: ["x"],
        nodes: [
          Node(name: "a", operation: .relu, inputs: ["b"], outputs: ["a"]),
          Node(name: "b", operation: .relu, inputs: ["a"], outputs: ["b"]),
        ], outputs: [])
    }
  }

  @Test(arguments: ["a", "x"])
  func `a value that is made twice is refused`(value: String) {
    #expect(throws: GraphError.madeTwice(graph: "g", value: value)) {
      try Graph(
        name: "g", inputs: ["x"],
        nodes: [
          Node(name: "a", operation: .relu, inputs: ["x"], outputs: ["a"]),
          Node(name: "b", operation: .relu, inputs: ["x"], outputs: [value]),
        ], outputs: [])
    }
  }

  @Test(arguments: [["x", "x"], ["c"]])
  func `an input that is there twice or is a constant is refused`(inputs: [String]) {
    #expect(throws: GraphError.madeTwice(graph: "g", value: inputs[0])) {
      try Graph<LayerOperation>(
        name: "g", inputs: inputs, constants: ["c"], nodes: [], outputs: [])
    }
  }

  @Test func `constants are known, and inputs and outputs can be left out`() throws {
    let node = Node(name: "a", operation: .add, inputs: ["c", "", "x"], outputs: ["", "a", ""])
    let graph = try Graph(
      name: "g", inputs: ["x"], constants: ["c"], nodes: [node],
      outputs: [.init(name: "o", value: "a")])
    #expect(graph.nodes[0].inputs == ["c", "", "x"])
    #expect(graph.constants == ["c"])
  }

  @Test func `an output of a value that nothing makes is refused by name`() {
    #expect(throws: GraphError.unknownValue(graph: "g", value: "z", reader: "output 'o'")) {
      try Graph<LayerOperation>(
        name: "g", inputs: ["x"], nodes: [], outputs: [.init(name: "o", value: "z")])
    }
  }

  @Test func `layers are named within their modules, and a module ends in a value`() {
    var b = GraphBuilder("g", inputs: ["x"])
    let y = b.module("outer") { b in
      b.module("inner") { b in b.layer("relu", .relu, "x") }
    }
    let graph = b.finish(["o": y])
    #expect(graph.nodes.map(\.name) == ["outer.inner.relu"])
    #expect(
      graph.modules == ["outer": "outer.inner.relu", "outer.inner": "outer.inner.relu"])
    #expect(graph.outputs == [.init(name: "o", value: "outer.inner.relu")])
  }
}
