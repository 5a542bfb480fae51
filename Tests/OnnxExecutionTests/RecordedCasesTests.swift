import Foundation
import OneDNNBackend
import OnnxExecution
import OnnxFiles
import Safetensors
import Tensors
import TestSupport
import Testing

/// Models of a few nodes, each with inputs and with what ONNX Runtime or the reference evaluator of
/// the `onnx` package computed: `Fixtures/TOPIC/NAME.onnx` and `NAME.safetensors`, which holds
/// `input/...` and `output/...`. `Fixtures/TOPIC/make.py` wrote them.
@Suite struct RecordedCasesTests {
  @Test(arguments: Fixture.cases)
  func `plain loops give what the recorded outputs say`(_ name: String) throws {
    try check(name, on: nil)
  }

  @Test func `oneDNN gives what the recorded outputs say`() throws {
    let kernels = try OneDNNKernels(threads: 2)
    for name in Fixture.cases { try check(name, on: kernels) }
  }

  private func check(_ name: String, on kernels: OneDNNKernels?) throws {
    let path = Fixture.path(name)
    let program = try OnnxProgram(
      OnnxFile.read("\(path).onnx"), path: "\(path).onnx", kernels: kernels)
    let recorded = try SafetensorsFile.read("\(path).safetensors")
    var inputs: [String: Tensor] = [:]
    for entry in recorded.entries where entry.name.hasPrefix("input/") {
      inputs[String(entry.name.dropFirst("input/".count))] = try entry.tensor()
    }
    let outputs = try program.run(inputs)
    let expected = recorded.entries.filter { $0.name.hasPrefix("output/") }
    #expect(!expected.isEmpty)
    for entry in expected {
      let found = try #require(outputs[String(entry.name.dropFirst("output/".count))])
      #expect(found.elementType == entry.elementType)
      #expect(found.shape == entry.shape)
      guard found.shape == entry.shape else { continue }
      let range = 0..<found.shape.elementCount
      let pairs = zip(found.numbers(in: range), try entry.tensor().numbers(in: range))
      let tolerance = entry.elementType == .bfloat16 ? 1e-2 : 1e-3
      for (index, (value, wanted)) in pairs.enumerated() {
        let isClose = wanted.isFinite && abs(value - wanted) <= 1e-7 + tolerance * abs(wanted)
        #expect(
          value == wanted || isClose || (value.isNaN && wanted.isNaN),
          "\(name): \(entry.name), element \(index): expected \(wanted), found \(value)")
      }
    }
  }
}
