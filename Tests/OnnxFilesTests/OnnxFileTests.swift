import Files
import OnnxFiles
import Safetensors
import Tensors
import TestSupport
import Testing

struct OnnxFileTests {
  @Test func `every element type is read out of every field that can hold it`() throws {
    let weights = try OnnxFile.read(Fixture.path("storage.onnx")).weights
    let truth = try SafetensorsFile.read(Fixture.path("storage.safetensors"))
    #expect(weights.entries.count == 29)
    #expect(Set(weights.entries.map(\.name)) == Set(truth.entries.map(\.name)))
    for entry in truth.entries {
      let tensor = try #require(try weights[entry.name]?.tensor())
      #expect(try tensor.isBitIdentical(to: entry.tensor()), "\(entry.name)")
    }
  }

  @Test func `initializers keep the order of the file`() throws {
    let weights = try OnnxFile.read(Fixture.path("storage.onnx")).weights
    #expect(
      weights.entries.prefix(4).map(\.name)
        == ["BOOL.typed", "BOOL.raw", "UINT8.typed", "UINT8.raw"])
  }

  @Test func `identity nodes give weights their other names`() throws {
    let model = try OnnxFile.read(Fixture.path("identity.onnx"))
    #expect(model.weights.entries.map(\.name) == ["a", "d", "b", "c"])
    for name in ["a", "b", "c"] {
      #expect(try model.weights[name]?.tensor().floats().values == [1, 2])
    }
  }

  @Test func `a model says who wrote it and what it computes`() throws {
    let model = try OnnxFile.read(Fixture.path("identity.onnx"))
    #expect(model.producerName == "fixture")
    #expect(model.producerVersion == "1.5")
    #expect(model.irVersion == 8)
    #expect(model.operatorSets == ["": 17, "com.example": 2])
    for (values, name) in [(model.inputs, "x"), (model.outputs, "y")] {
      #expect(values.map(\.name) == [name])
      #expect(values[0].elementType == .float32)
      #expect(values[0].dimensions == [nil, 2])
    }
  }

  @Test func `a constant without a number type is refused by name, its copies too`() throws {
    let path = Fixture.path("identity.onnx")
    let model = try OnnxFile.read(path)
    let refusal = OnnxError.unsupportedTensor(
      path: path, tensor: "label", reason: "data_type 8 (STRING) is not supported")
    #expect(
      model.weights.unreadable as? [String: OnnxError] == ["label": refusal, "label.copy": refusal])
  }

  @Test func `a missing file is reported as missing`() {
    #expect(throws: FileError.notFound(path: "nowhere.onnx")) {
      try OnnxFile.read("nowhere.onnx")
    }
  }

  @Test(arguments: [
    [], Array("PK\u{3}\u{4}".utf8), Array("\u{89}HDF\r\n\u{1A}\n".utf8),
    [0x80, 0x02], [8, 1, 0, 0, 0, 0, 0, 0, 0x7B, 0x22], [0x12, 7, 0, 0, 0, 0, 0, 0, 0x7B, 0x22],
  ])
  func `other files are not taken for ONNX`(bytes: [UInt8]) throws {
    #expect(unsafe !OnnxFile.recognizes(bytes.span.bytes))
    try Fixture.withScratchFile { write in
      let path = try write(bytes)
      #expect(throws: OnnxError.notOnnx(path: path)) { try OnnxFile.read(path) }
    }
  }

  @Test(arguments: ["storage.onnx", "identity.onnx"])
  func `a model is recognized by its first bytes`(name: String) throws {
    let bytes = try Fixture.bytes(name)
    for count in [2, 20, 64, bytes.count] {
      #expect(unsafe OnnxFile.recognizes(bytes.span.bytes.extracting(first: count)))
    }
  }
}
