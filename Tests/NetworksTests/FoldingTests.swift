import Networks
import Tensors
import TestSupport
import Testing

@Suite struct FoldingTests {
  private static let plain = LayerOperation.convolution(
    Convolution(2, 3, kernel: 1, hasBias: false))
  private static let biased = LayerOperation.convolution(
    Convolution(2, 3, kernel: 1, hasBias: true))
  private static let norm = LayerOperation.batchNormalization(BatchNormalization(channels: 3))

  @Test(arguments: [false, true])
  func `a folded convolution is the convolution and then the batch norm`(hasBias: Bool) throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let conv = b.layer("conv", hasBias ? Self.biased : Self.plain, "x")
    let program = Program(deploying: b.finish(["o": b.layer("bn", Self.norm, conv)]))
    let weights = try Self.weights
    let folded = try parameters(program, 0, weights)
    let x: [Double] = [0.75, -1.5]
    for channel in 0..<3 {
      let kernel = try (0..<2).map { try value("conv.weight", 2 * channel + $0, weights) }
      var y = kernel[0] * x[0] + kernel[1] * x[1]
      if hasBias { y += try value("conv.bias", channel, weights) }
      y = try normalized(y, channel, weights)
      let found =
        (0..<2).map { Double(folded.weight[2 * channel + $0]) * x[$0] }.reduce(0, +)
        + Double(try #require(folded.bias)[channel])
      #expect(abs(found - y) < 1e-6)
    }
  }

  @Test func `the parts of a folded sum add up to the batch norm of the sum`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let terms = [b.layer("conv", Self.biased, "x"), b.layer("other", Self.biased, "x")]
    let sum = b.layer("add", .add, terms[0], terms[1])
    let program = Program(deploying: b.finish(["o": b.layer("bn", Self.norm, sum)]))
    let weights = try Self.weights
    let folded = try (0..<2).map { try parameters(program, $0, weights) }
    for channel in 0..<3 {
      var y = 0.0
      for name in ["conv", "other"] {
        y += try value("\(name).weight", 2 * channel, weights)
        y += try value("\(name).bias", channel, weights)
      }
      y = try normalized(y, channel, weights)
      let found = try folded.map { part in
        Double(part.weight[2 * channel]) + Double(try #require(part.bias)[channel])
      }.reduce(0, +)
      #expect(abs(found - y) < 1e-6)
    }
  }

  @Test func `weights without the batch norm count as folded already`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let conv = b.layer("conv", Self.plain, "x")
    let program = Program(deploying: b.finish(["o": b.layer("bn", Self.norm, conv)]))
    let weights = try TensorArchive(Self.weights.entries.filter { $0.name.hasPrefix("conv.") })
    let folded = try parameters(program, 0, weights)
    #expect(folded.weight == (try weights.floats("conv.weight").values))
    #expect(folded.bias == (try weights.floats("conv.bias").values))
  }

  @Test func `a missing parameter and one of another shape are named`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let program = Program(deploying: b.finish(["o": b.layer("conv", Self.biased, "x")]))
    let step = program.steps[0]
    #expect(throws: ParameterError.missing("conv.weight")) {
      try StepParameters(of: step, in: try TensorArchive([]))
    }
    let weight = FloatTensor(zeros: [3, 2, 1, 1])
    #expect(throws: ParameterError.missing("conv.bias")) {
      try StepParameters(of: step, in: try TensorArchive(["conv.weight": weight]))
    }
    #expect(
      throws: ParameterError.shape(
        "conv.bias", source: "memory", expected: [3], found: [3, 1])
    ) {
      try StepParameters(
        of: step,
        in: try TensorArchive([
          "conv.weight": weight, "conv.bias": FloatTensor(zeros: [3, 1]),
        ]))
    }
  }

  private static var weights: TensorArchive {
    get throws {
      try TensorArchive([
        "conv.weight": FloatTensor(shape: [3, 2, 1, 1], values: [1, -2, 0.5, 0.25, 3, 4]),
        "conv.bias": FloatTensor(shape: [3], values: [0.1, -0.2, 0.3]),
        "other.weight": FloatTensor(shape: [3, 2, 1, 1], values: [2, 1, -1, 0.125, 0, 7]),
        "other.bias": FloatTensor(shape: [3], values: [-1, 1, 0.5]),
        "bn.weight": FloatTensor(shape: [3], values: [1.5, 0.5, -0.75]),
        "bn.bias": FloatTensor(shape: [3], values: [0.2, 0, -1]),
        "bn.running_mean": FloatTensor(shape: [3], values: [0.3, -0.4, 2]),
        "bn.running_var": FloatTensor(shape: [3], values: [0.8, 2, 0.5]),
      ])
    }
  }

  private func parameters(
    _ program: Program, _ index: Int, _ weights: TensorArchive
  ) throws -> (weight: [Float], bias: [Float]?) {
    guard
      case .convolution(let weight, let bias, _) = try StepParameters(
        of: program.steps[index], in: weights)
    else { throw ParameterError.missing("a convolution") }
    return (weight.values, bias)
  }

  private func value(_ name: String, _ index: Int, _ weights: TensorArchive) throws -> Double {
    Double(try weights.floats(name).values[index])
  }

  /// PyTorch's definition, in binary64.
  private func normalized(
    _ y: Double, _ channel: Int, _ weights: TensorArchive
  ) throws -> Double {
    let deviation = (try value("bn.running_var", channel, weights) + 1e-5).squareRoot()
    return (y - (try value("bn.running_mean", channel, weights))) / deviation
      * (try value("bn.weight", channel, weights)) + (try value("bn.bias", channel, weights))
  }
}
