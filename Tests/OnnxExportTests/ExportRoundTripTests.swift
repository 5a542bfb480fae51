import Execution
import Mapping
import Models
import Networks
import OnnxExport
import OnnxFiles
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing
import Verification
import WeightFiles

/// Exports that are imported again.
@Suite struct ExportRoundTripTests {
  /// Calls `body` with the files of `export` as an import reads them.
  private func importing(_ export: OnnxExport, _ body: ([WeightSource]) throws -> Void) throws {
    try ScratchFolder.with { folder in
      try body(
        try export.documents.map { document in
          let path = folder.file("\(document.name).onnx")
          try OnnxFile.write(document, to: path)
          return try WeightFile.read(path)
        })
    }
  }

  @Test func `a fp32 export is imported with the weights that it was made of, bit for bit`() throws
  {
    let tiny = try TinyExport(.float32)
    try importing(try tiny.export()) { sources in
      let mapped = try MappedWeights(of: sources)
      #expect(mapped.audit.isClean)
      #expect(mapped.network.configuration == .tiny)
      let expected = tiny.model.weights.entries.filter {
        !$0.name.hasSuffix(".num_batches_tracked")
      }
      #expect(Set(mapped.weights.entries.map(\.name)) == Set(expected.map(\.name)))
      for entry in expected {
        let found = try #require(try mapped.weights[entry.name]?.tensor())
        #expect(try found.isBitIdentical(to: entry.tensor()), "\(entry.name)")
      }
    }
  }

  @Test func `folded batch norms come back as the biases of their convolutions`() throws {
    let tiny = try TinyExport(.float32)
    try importing(try tiny.export(foldsBatchNorms: true)) { sources in
      let mapped = try MappedWeights(of: sources)
      #expect(mapped.audit.isClean)
      for graph in tiny.model.network.graphs {
        for step in Program(deploying: graph).steps where step.convolution != nil {
          guard
            case .convolution(let weight, let bias, _) = try StepParameters(
              of: step, in: tiny.model.weights)
          else { continue }
          let kernels = try step.layers.map { try mapped.weights.floats("\($0).weight") }
          #expect(FloatTensor(concatenating: kernels, axis: 1).bits == weight.bits)
          if let bias { #expect(try mapped.weights.floats("\(step.layer).bias").values == bias) }
        }
      }
    }
  }

  @Test(arguments: [Precision.float16, .bfloat16])
  func `an export of 16 bits is imported as the numbers that these hold`(
    precision: Precision
  ) throws {
    let tiny = try TinyExport(precision)
    try importing(try tiny.export()) { sources in
      let mapped = try MappedWeights(of: sources)
      #expect(mapped.audit.isClean)
      for entry in tiny.model.weights.entries {
        let own = try entry.floats()
        #expect(try mapped.weights.floats(entry.name).bits == own.bits, "\(entry.name)")
      }
    }
  }

  @Test(arguments: [
    (Precision.float32, false, 1e-5), (.float32, true, 1e-5), (.float16, false, 5e-3),
    (.bfloat16, false, 4e-2),
  ])
  func `every layer of an export is the model's`(
    precision: Precision, foldsBatchNorms: Bool, tolerance: Double
  ) throws {
    let tiny = try TinyExport(precision)
    try importing(try tiny.export(foldsBatchNorms: foldsBatchNorms)) { sources in
      let result = try SourceVerification(
        of: tiny.model, against: sources, tolerances: Tolerances(standard: tolerance),
        backend: ReferenceBackend(threads: 1), kernels: nil)
      let first = result.firstDivergence.map { "\($0.layer): \($0.metrics.relativeMaximumError)" }
      #expect(result.passes, "\(first ?? "") \(result.missing) \(result.strangers)")
      #expect(Set(result.runs.flatMap(\.graphs)) == ["memorize", "query", "decode"])
    }
  }

  @Test func `an int8 export is refused by import, as every quantized one`() throws {
    try importing(try TinyExport(.int8).export()) { sources in
      #expect(throws: MappingError.self) { try MappedWeights(of: sources) }
    }
  }
}
