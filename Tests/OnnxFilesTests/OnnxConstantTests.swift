import Networks
import OnnxFiles
import Tensors
import TestSupport
import Testing

struct OnnxConstantTests {
  private let model: OnnxModel

  init() throws { model = try OnnxFile.read(Fixture.path("constants.onnx")) }

  @Test(arguments: [
    ("first", [3, 4]), ("raw", [1.5, 65504]), ("brain", [1, -2]), ("float", [1.5]),
    ("floats", [1.5, -2]),
  ])
  func `the numbers of a Constant node are weights`(name: String, values: [Float]) throws {
    #expect(try model.weights[name]?.floats().values == values)
  }

  @Test func `whole numbers are told by their type, single ones by their shape`() throws {
    let single = try #require(model.weights["int"])
    #expect(single.elementType == .int64)
    #expect(single.shape == [])
    #expect(try single.tensor().bitPatterns(as: Int64.self) == [-3])
    let list = try #require(model.weights["ints"])
    #expect(list.elementType == .int64)
    #expect(list.shape == [2])
    #expect(try list.tensor().bitPatterns(as: Int64.self) == [1, -1])
    #expect(model.weights["float"]?.shape == [])
  }

  @Test(arguments: [
    ("text", "value_string"), ("texts", "value_strings"), ("sparse", "sparse_value"),
  ])
  func `a constant that is no dense tensor of numbers is unreadable`(
    name: String, attribute: String
  ) {
    #expect(model.weights[name] == nil)
    #expect(
      model.weights.unreadable[name]?.description
        == "\(Fixture.path("constants.onnx")): tensor '\(name)': "
        + "a constant of the attribute '\(attribute)' is not supported")
  }

  @Test func `copies of copies are weights in any order of the file, unreadable ones too`() throws {
    #expect(try model.weights["third"]?.floats().values == [3, 4])
    #expect(model.weights.unreadable["text.copy"] != nil)
  }

  @Test func `a floating-point constant is cast to binary32`() throws {
    #expect(try model.weights["half.copy.FLOAT"]?.tensor().floats().values == [1.5, 65504])
    #expect(try model.weights["double.FLOAT"]?.floats().values == [0.1, .infinity])
    #expect(try model.weights["w.same"]?.floats().values == [1, 2])
    #expect(model.weights["half.copy.FLOAT"]?.elementType == .float32)
  }

  @Test func `every constant says where it comes from`() {
    #expect(model.origins["w"] == .initializer)
    #expect(model.origins["first"] == .constant(node: "made"))
    #expect(model.origins["float"] == .constant(node: "Constant#6"))
    #expect(model.origins["second"] == .identity(node: "copy2", of: "first"))
    #expect(model.origins["third"] == .identity(node: "copy3", of: "second"))
    #expect(model.origins["half.copy.FLOAT"] == .cast(node: "Cast#15", of: "half.copy"))
    #expect(model.origins["text"] == .constant(node: "Constant#10"))
  }

  @Test func `nodes that compute something else stay in the graph`() throws {
    let graph = try model.graph
    #expect(
      graph.nodes.map(\.name)
        == ["relu", "Cast#18", "Cast#19", "Cast#20", "Identity#21", "Cast#22"])
    #expect(
      graph.constants
        == Set(
          model.weights.entries.map(\.name) + ["text", "texts", "sparse"]
            + ["text.copy"]))
  }
}
