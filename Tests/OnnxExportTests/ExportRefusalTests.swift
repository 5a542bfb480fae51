import Models
import OnnxExport
import Quantization
import Testing

/// What cannot be exported, by name.
@Suite struct ExportRefusalTests {
  @Test func `a model that holds integers needs a graph with quantization`() throws {
    let model = try TinyExport(.int8).model
    let error = ExportError.integers(path: "tiny-int8", precision: "int8")
    #expect(throws: error) { try OnnxExport(of: model, to: .onnx, version: "1") }
    #expect(error.hint.contains("--to onnx-qdq"))
  }

  @Test(arguments: [Precision.float32, .float16, .bfloat16])
  func `a graph with quantization needs a model that holds integers`(precision: Precision) throws {
    let model = try TinyExport(precision).model
    #expect(throws: ExportError.noIntegers(path: model.path, precision: precision.rawValue)) {
      try OnnxExport(of: model, to: .qdq, version: "1")
    }
  }

  @Test(arguments: [12, 29, 0, -1])
  func `an operator set that cannot be written is refused`(operatorSet: Int) throws {
    let tiny = try TinyExport(.float32)
    #expect(throws: ExportError.operatorSet(found: operatorSet)) {
      try tiny.export(operatorSet: operatorSet)
    }
  }
}
