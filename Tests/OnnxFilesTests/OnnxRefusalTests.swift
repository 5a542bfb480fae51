import OnnxFiles
import Tensors
import TestSupport
import Testing

/// Each file of `Fixtures/refused` has one fault.
struct OnnxRefusalTests {
  @Test(arguments: [
    ("two-fields", "expected one field of data, found raw_data and float_data"),
    ("wrong-field", "I64 elements cannot be in float_data"),
    ("short-raw", "F32 [2]: expected 8 bytes in raw_data, found 7"),
    ("long-list", "F32 [2]: expected 2 elements in float_data, found 3"),
    ("no-elements", "expected 2 elements, found none"),
    ("no-type", "expected a data_type, found none"),
    (
      "negative-dimension",
      "shape [-2]: expected dimensions of at least 0 whose product fits in memory"
    ),
    (
      "huge-dimensions",
      "shape [1099511627776, 1099511627776]: "
        + "expected dimensions of at least 0 whose product fits in memory"
    ),
    ("unknown-location", "data_location: expected 0 or 1, found 7"),
    ("external-and-inside", "expected external data only, found float_data"),
  ])
  func `a tensor that contradicts itself is refused by name`(name: String, reason: String) {
    let path = Fixture.path("refused/\(name).onnx")
    #expect(throws: OnnxError.malformedTensor(path: path, tensor: "w", reason: reason)) {
      try OnnxFile.read(path)
    }
  }

  @Test(arguments: [
    ("int8-out-of-range", "element 1: value 300 is out of range"),
    ("bool-out-of-range", "element 1: value 2 is out of range"),
    ("uint32-out-of-range", "element 1: value 4294967296 is out of range"),
  ])
  func `an element out of range is refused by its index`(name: String, reason: String) throws {
    let path = Fixture.path("refused/\(name).onnx")
    let entry = try #require(try OnnxFile.read(path).weights["w"])
    #expect(throws: OnnxError.malformedTensor(path: path, tensor: "w", reason: reason)) {
      try entry.tensor()
    }
  }

  @Test(arguments: [
    ("segment", "a segment of a larger tensor is not supported"),
    ("text", "data_type 8 (STRING) is not supported"),
    ("float8", "data_type 17 (FLOAT8E4M3FN) is not supported"),
    ("int4", "data_type 22 (INT4) is not supported"),
    ("unknown-type", "data_type 99 is not supported"),
    ("sparse", "a sparse tensor is not supported"),
  ])
  func `an unsupported tensor is left out of the weights and named`(
    name: String, reason: String
  ) throws {
    let path = Fixture.path("refused/\(name).onnx")
    let model = try OnnxFile.read(path)
    #expect(model.weights.entries.isEmpty)
    #expect(
      model.weights.unreadable as? [String: OnnxError] == [
        "w": .unsupportedTensor(path: path, tensor: "w", reason: reason)
      ])
  }

  @Test func `an initializer that is there twice is refused`() {
    let path = Fixture.path("refused/duplicate.onnx")
    #expect(throws: TensorError.duplicateName("w", source: path)) { try OnnxFile.read(path) }
  }

  @Test(arguments: [("duplicate-identity", "w"), ("makes-an-input", "x"), ("made-by-two", "a")])
  func `a value that is made twice is refused`(name: String, value: String) {
    let path = Fixture.path("refused/\(name).onnx")
    #expect(throws: OnnxError.madeTwice(path: path, value: value)) { try OnnxFile.read(path) }
  }

  @Test(arguments: [("unknown-value", "node 'sum'"), ("unknown-output", "the graph's output")])
  func `a value that nothing makes is refused with its reader`(name: String, reader: String) {
    let path = Fixture.path("refused/\(name).onnx")
    #expect(throws: OnnxError.unknownValue(path: path, value: "nowhere", reader: reader)) {
      try OnnxFile.read(path)
    }
  }

  @Test(arguments: [("cycle", ["c", "b", "a"]), ("cycle-of-one", ["a"])])
  func `nodes that wait for one another are refused by their values`(
    name: String, values: [String]
  ) {
    let path = Fixture.path("refused/\(name).onnx")
    #expect(throws: OnnxError.cycle(path: path, values: values)) { try OnnxFile.read(path) }
  }

  @Test func `of a long circle the first values are named`() {
    let error = OnnxError.cycle(path: "m", values: ["a", "b", "c", "d", "e"])
    #expect(
      error.description
        == "m: the graph is circular: 'a' is made from 'b' is made from 'c' is made from 'd' "
        + "and so on, 5 values in all")
  }

  @Test(arguments: [
    ("unnamed", "initializer 0: expected a name, found none"),
    ("identity-of-two", "node 'Identity#1': expected 1 inputs and 1 output, found 1 and 2"),
    ("unnamed-operator", "node 1: expected an op_type, found none"),
    ("two-inputs", "input 'x': expected one, found two"),
    ("unnamed-input", "input 1: expected a name, found none"),
    ("two-outputs", "output 'y': expected one, found two"),
    ("two-attributes", "node 'elu': attribute 'alpha': expected one, found two"),
    (
      "reference-outside-function",
      "node 'elu': attribute 'alpha': refers to a function's attribute outside a function"
    ),
    ("constant-of-two", "node 'c': expected one attribute, found 2"),
    ("constant-of-none", "node 'c': expected one attribute, found 0"),
    ("constant-with-input", "node 'c': expected 0 inputs and 1 output, found 1 and 1"),
    ("two-opsets", "operator set 'ai.onnx': expected one version, found two"),
    ("opset-without-version", "operator set 'com.example': expected a version"),
    ("no-opset", "expected an operator set, found none"),
    ("no-ir-version", "expected an IR version"),
    ("no-graph", "expected a graph, found none"),
    ("not-utf8", "expected UTF-8 text, found 7 bytes of something else"),
  ])
  func `an incomplete or contradictory model is refused`(name: String, reason: String) {
    let path = Fixture.path("refused/\(name).onnx")
    #expect(throws: OnnxError.malformedModel(path: path, reason: reason)) {
      try OnnxFile.read(path)
    }
  }

  @Test(arguments: [
    ("two-graphs", 114, "field 'graph' of ModelProto: expected one, found two"),
    ("null-in-name", 61, "field 'name' of TensorProto: text holds a null character"),
  ])
  func `what the parser would get wrong is refused at its byte`(
    name: String, offset: Int, reason: String
  ) {
    let path = Fixture.path("refused/\(name).onnx")
    #expect(throws: OnnxError.malformedMessage(path: path, offset: offset, reason: reason)) {
      try OnnxFile.read(path)
    }
  }
}
