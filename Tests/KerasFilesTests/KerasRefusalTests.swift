import Files
import TestSupport
import Testing

@testable import KerasFiles

/// Each file of `Fixtures/refused` has one fault.
struct KerasRefusalTests {
  @Test(arguments: [
    (
      "filters.keras", "stem",
      "kernel: the model configuration says shape [3, 3, ?, 3], found [3, 3, 2, 2]"
    ),
    (
      "kernel-size.keras", "body",
      "kernel: the model configuration says shape [1, 1, ?, 2], found [3, 3, 2, 2]"
    ),
    ("bias.keras", "body", "bias: the model configuration says that it has none"),
    ("name.keras", "stem", "the model configuration has 'head' at 'layers/conv2d'"),
    ("unknown-layer.keras", "body", "it has variables, but is not in the model configuration"),
    ("listed-unknown.h5", "stem", "it has a group, but is not in the model configuration"),
  ])
  func `a configuration that contradicts the variables is refused`(
    name: String, layer: String, reason: String
  ) {
    let path = Fixture.path("refused/\(name)")
    #expect(throws: KerasError.contradiction(path: path, layer: layer, reason: reason)) {
      try KerasFile.read(path)
    }
  }

  @Test(arguments: [
    ("no-bias.keras", "stem", "no 'bias'"),
    ("scale.keras", "norm", "no 'moving_variance'"),
    ("gap.h5", "conv2d", "variable 1 without variable 0"),
    ("no-group.h5", "stem", "no group '/stem'"),
    ("no-dataset.h5", "stem", "no dataset 'stem/kernel:0'"),
  ])
  func `missing variables are named`(name: String, layer: String, found: String) {
    let path = Fixture.path("refused/\(name)")
    #expect(throws: KerasError.missing(path: path, layer: layer, found: found)) {
      try KerasFile.read(path)
    }
  }

  @Test(arguments: [
    ("unknown-input", "nobody", "it is read, but is not among the layers of 'small'"),
    ("unknown-use", "body", "expected 1 uses of it, found that use 3, output 0, is read"),
    ("twice", "body", "expected once in 'small', found twice"),
    ("no-class", "pool", "expected a name, class and settings"),
  ])
  func `a configuration that contradicts itself is refused`(
    name: String, layer: String, reason: String
  ) {
    let path = Fixture.path("refused/\(name).keras")
    #expect(throws: KerasError.malformedConfiguration(path: path, layer: layer, reason: reason)) {
      try KerasFile.read(path)
    }
  }

  @Test func `a cycle is refused with its layers`() {
    let path = Fixture.path("refused/cycle.keras")
    let layers = [
      "stem", "out", "up", "pool", "sum", "body", "stem_relu", "stem_bn",
    ]
    #expect(throws: KerasError.cycle(path: path, layers: layers)) { try KerasFile.read(path) }
  }

  @Test(arguments: [
    ("cut", "byte 11: expected a value"),
    ("repeated", "byte 10: expected each name once, found 'a' again"),
  ])
  func `a configuration that is not JSON is refused`(name: String, reason: String) {
    let path = Fixture.path("refused/\(name).keras")
    let error = FileError.malformedJSON(path: path, part: "model configuration", reason: reason)
    #expect(throws: error) { try KerasFile.read(path) }
  }

  @Test func `a configuration that nests too deep is refused with the limit`() {
    let path = Fixture.path("refused/deep.keras")
    let error = FileError.beyondLimit(
      path: path, object: "model configuration", limit: .depth, allowed: 100, found: 101)
    #expect(throws: error) { try KerasFile.read(path) }
  }

  @Test(arguments: ["same-name", "listed-twice"])
  func `two layers of one name, and a layer that is listed twice, are refused`(name: String) {
    let path = Fixture.path("refused/\(name).h5")
    #expect(throws: KerasError.duplicateVariable(path: path, layer: "stem", name: "kernel")) {
      try KerasFile.read(path)
    }
  }

  @Test func `names that grow with the models around them are refused`() throws {
    let name = String(repeating: "n", count: 3000)
    let inner = #"{"class_name":"Sequential","config":{"name":"\#(name)","layers":[]}}"#
    let outer = #"{"class_name":"Sequential","config":{"name":"\#(name)","layers":[\#(inner)]}}"#
    let json = try JSONParser.value(
      of: Array(#"{"config":{"layers":[\#(outer)]}}"#.utf8), path: "m", part: "text")
    let error = FileError.beyondLimit(
      path: "m", object: "model configuration", limit: .nameBytes, allowed: 4096, found: 6020)
    #expect(throws: error) { try KerasConfiguration(json, path: "m", limits: .standard) }
  }

  @Test func `layers are counted while they are read, with those of models in the model`() throws {
    let layer = #"{"class_name":"A","name":"a","config":{}}"#
    let inner = #"{"class_name":"Sequential","config":{"name":"m","layers":[\#(layer)]}}"#
    let json = try JSONParser.value(
      of: Array(#"{"config":{"layers":[\#(inner),\#(layer)]}}"#.utf8), path: "m", part: "text")
    var limits = ReadingLimits()
    limits.nodes = 3
    #expect(throws: Never.self) { try KerasConfiguration(json, path: "m", limits: limits) }
    limits.nodes = 2
    let error = FileError.beyondLimit(
      path: "m", object: "model configuration", limit: .nodes, allowed: 2, found: 3)
    #expect(throws: error) { try KerasConfiguration(json, path: "m", limits: limits) }
  }

  @Test func `names that come to much with those of the models around them are refused`() throws {
    let layers = (0..<9000).map { #"{"class_name":"A","name":"\#($0)","config":{}}"# }
    let name = String(repeating: "n", count: 4000)
    let inner = """
      {"class_name":"Sequential","config":{"name":"\(name)","layers":[
      \(layers.joined(separator: ","))]}}
      """
    let json = try JSONParser.value(
      of: Array(#"{"config":{"layers":[\#(inner)]}}"#.utf8), path: "m", part: "text")
    let error = #expect(throws: KerasError.self) {
      try KerasConfiguration(json, path: "m", limits: .standard)
    }
    #expect(error?.description.contains("expected at most 8388608 bytes of names") == true)
  }

  @Test func `uses of a layer whose names come to much are refused`() throws {
    let name = String(repeating: "n", count: 4000)
    let uses = [String](repeating: "[]", count: 9000).joined(separator: ",")
    let text = """
      {"config":{"input_layers":[],"output_layers":[],"layers":[
      {"class_name":"A","name":"\(name)","config":{},"inbound_nodes":[\(uses)]}]}}
      """
    let json = try JSONParser.value(of: Array(text.utf8), path: "m", part: "text")
    let model = try #require(try KerasConfiguration(json, path: "m", limits: .standard))
    let error = #expect(throws: KerasError.self) {
      try KerasGraph.graph(of: model, path: "m", limits: .standard)
    }
    #expect(error?.description.contains("expected at most 8388608 bytes of names") == true)
  }

  @Test func `outputs beyond the limit of nodes are refused`() throws {
    let layers = """
      {"class_name":"A","name":"a","config":{},"inbound_nodes":[[["i",0,0]]]},
      {"class_name":"A","name":"b","config":{},"inbound_nodes":[[["a",0,5]]]}
      """
    let text = """
      {"config":{"input_layers":[["i",0,0]],"output_layers":[["b",0,0]],"layers":[
      {"class_name":"InputLayer","name":"i","config":{}},\(layers)]}}
      """
    let json = try JSONParser.value(of: Array(text.utf8), path: "m", part: "text")
    let model = try #require(try KerasConfiguration(json, path: "m", limits: .standard))
    var limits = ReadingLimits()
    limits.nodes = 7
    #expect(throws: Never.self) { try KerasGraph.graph(of: model, path: "m", limits: limits) }
    limits.nodes = 6
    #expect(
      throws: FileError.beyondLimit(
        path: "m", object: "model configuration", limit: .nodes, allowed: 6, found: 7)
    ) { try KerasGraph.graph(of: model, path: "m", limits: limits) }
  }

  @Test func `weights as npz are refused by name`() {
    let path = Fixture.path("refused/npz.keras")
    let error = KerasError.unsupported(path: path, layer: "*", found: "'model.weights.npz'")
    #expect(throws: error) { try KerasFile.read(path) }
  }
}
