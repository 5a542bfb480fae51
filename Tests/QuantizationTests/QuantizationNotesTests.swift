import Networks
import Quantization
import STMModel
import Tensors
import TestSupport
import Testing

@Suite struct QuantizationNotesTests {
  private static let network = STMNetwork(.tiny)

  @Test func `an ordinary network has no notes`() throws {
    #expect(try notes(.int8).isEmpty)
    #expect(try notes(.w8).isEmpty)
  }

  @Test(arguments: [Precision.int8, .w8])
  func `channels of zeros, and of next to nothing, are listed, and their scale is 1`(
    precision: Precision
  ) throws {
    let changes: [String: (Int) -> Float?] = [
      // Two output channels of [4, 12, 3, 3].
      "Decoder.convFM.weight": { (108..<216).contains($0) ? 0 : $0 >= 324 ? 1e-33 : nil }
    ]
    let found = try notes(precision, changes)
    #expect(found.zeroKernels.map(\.layer) == ["Decoder.convFM"])
    #expect(found.zeroKernels.map(\.indices) == [[1, 3]])
    let scales = try #require(
      try tensors(precision, changes)["Decoder.convFM.weight.scale"]?.floats()
    ).values
    #expect(scales[1] == 1 && scales[3] == 1 && scales[0] < 1 && scales[2] < 1)
  }

  @Test func `channels that a bias keeps below 0 before their ReLU are listed`() throws {
    let found = try notes(.int8, ["Encoder_Q.res2.0.bn1.bias": { $0 == 1 ? -1e4 : nil }])
    #expect(found.silenced.map(\.layer) == ["Encoder_Q.res2.0.conv1"])
    #expect(found.silenced.map(\.indices) == [[1]])
    #expect(found.wideBiases.isEmpty)
  }

  @Test func `biases beyond 32 bits are listed, and the ones written are what they were`() throws {
    let changes: [String: (Int) -> Float?] = ["Decoder.pred2.bias": { $0 == 1 ? 1e12 : nil }]
    let found = try notes(.int8, changes)
    #expect(found.wideBiases.map(\.layer) == ["Decoder.pred2"])
    #expect(found.wideBiases.map(\.indices) == [[1]])
    let weights = try tensors(.int8, changes)
    #expect(try weights.floats("Decoder.pred2.bias").values[1] == 1e12)
    let program = Self.network.deployedPrograms[2]
    let step = try #require(program.step("Decoder.pred2"))
    let reader = QuantizationReader(weights)
    let convolution = try reader.convolution(
      step, geometry: try #require(step.convolution),
      input: try reader.quantization(of: step.inputs[0], in: program), residual: nil, output: nil)
    #expect(Double(convolution.bias[1]) > Double(Int32.max))
    #expect(abs(convolution.bias[1] * convolution.scale[1] / 1e12 - 1) < 1e-6)
  }

  @Test func `a bias that is infinite in units of the accumulator is refused by name`() throws {
    let error = try #require(throws: QuantizationError.self) {
      try notes(
        .int8,
        [
          "Decoder.pred2.weight": { _ in 1e-27 }, "Decoder.pred2.bias": { _ in 3e38 },
        ])
    }
    guard case .malformed("Decoder.pred2.bias", _, let expected, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(expected.contains("channel 0"))
  }

  @Test func `values that were always 0 are listed once, unless a range was decided on`() throws {
    var statistics = statistics
    let none = ValueHistogram(of: [0, 0])
    statistics.values["query"]?["Encoder_Q.relu"]?.histogram = none
    func notes() throws -> QuantizationNotes {
      try QuantizationNotes(
        Self.network.deployedPrograms, in: PrecisionPlan(.int8),
        weights: try tensors(.int8, statistics: statistics), statistics: statistics)
    }
    #expect(try notes().zeroValues.map(\.name) == ["Encoder_Q.relu"])
    let scale = try tensors(.int8, statistics: statistics).floats(
      "Encoder_Q.res2.0.conv1.input.scale")
    #expect(scale.values == [1])
    statistics.values["query"]?["Encoder_Q.relu"]?.range = ValueRange(minimum: 0, maximum: 1)
    #expect(try notes().zeroValues.isEmpty)
  }

  /// What a calibration might have seen: everything from -8 to 8.
  private var statistics: CalibrationStatistics {
    var statistics = CalibrationStatistics()
    for program in Self.network.deployedPrograms {
      for value in program.inputs + program.steps.map(\.name) {
        statistics.values[program.name, default: [:]][program.quantizationOwner(of: value)] =
          ValueStatistics(of: [-8, 8])
      }
    }
    return statistics
  }

  private func notes(
    _ precision: Precision, _ changes: [String: (Int) -> Float?] = [:]
  ) throws -> QuantizationNotes {
    try QuantizationNotes(
      Self.network.deployedPrograms, in: PrecisionPlan(precision),
      weights: try tensors(precision, changes), statistics: statistics)
  }

  /// The quantized tensors of the tiny network, in which `changes` gives tensors other elements.
  private func tensors(
    _ precision: Precision, _ changes: [String: (Int) -> Float?] = [:],
    statistics: CalibrationStatistics? = nil
  ) throws -> TensorArchive {
    let weights = try TensorArchive.random(Self.network.parameters, seed: 1).changing(changes)
    return try TensorArchive(
      Self.network.deployedPrograms.flatMap {
        try $0.tensors(
          of: weights, in: PrecisionPlan(precision), statistics: statistics ?? self.statistics)
      })
  }
}
