import Mapping
import Tensors
import Testing

/// Graphs that compute something else than the network (`Fixtures/contradictions/make.py`).
@Suite struct ContradictionTests {
  private static let cases = [
    ("names", 1, "another place in the graph"),
    ("activation", 1, "between 'Encoder_Q.conv1' and 'Encoder_Q.maxpool': expected a ReLU"),
    ("order", 1, "behind 'Encoder_Q.res2.0.conv1': expected the ReLU after the batch norm"),
    ("pooling", 1, "another place in the graph"),
    ("nearest", 2, "another place in the graph"),
  ]

  private func map(_ name: String, at position: Int, _ options: MappingOptions) throws
    -> MappedWeights
  {
    var files = Export.torchscript
    files[position] = "../contradictions/\(name).onnx"
    return try Export.map(exporters: files, options: options)
  }

  @Test(arguments: cases)
  func `a graph that computes something else is refused, whatever its names`(
    name: String, position: Int, expected: String
  ) throws {
    let audit = try map(name, at: position, MappingOptions()).audit
    #expect(!audit.isClean)
    #expect(audit.problems.texts.contains { $0.contains(expected) }, "\(audit.problems)")
    let error = MappingError.misfit(sources: [], problems: audit.allProblems)
    #expect(error.hint.contains("--match names takes its weights"))
  }

  @Test(arguments: cases)
  func `its weights can be taken by name alone`(
    name: String, position: Int, expected: String
  ) throws {
    var options = MappingOptions()
    options.match = .names
    #expect(try map(name, at: position, options).audit.isClean)
  }

  @Test func `a mean of bytes is refused, since frames are numbers from 0 to 1`() throws {
    let mean = FloatTensor(shape: [1, 3, 1, 1], values: [123.675, 116.28, 103.53])
    let audit = try Export.map(Export.entries(with: "Encoder_M.mean", Tensor(mean))).audit
    #expect(audit.problems.count == 1)
    #expect(audit.problems.texts[0].contains("expected numbers for frames from 0 to 1"))
    let error = MappingError.misfit(sources: [], problems: audit.problems)
    #expect(
      error.hint == "let the network normalize frames from 0 to 1, not to 255, and export it again")
  }
}
