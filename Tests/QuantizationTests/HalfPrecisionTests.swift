import Networks
import Quantization
import Tensors
import Testing

@Suite struct HalfPrecisionTests {
  /// A convolution with a bias.
  private static func program() -> Program {
    var b = GraphBuilder("g", inputs: ["x"])
    return Program(
      deploying: b.finish([
        "y": b.layer("conv", .convolution(Convolution(1, 2, kernel: 1, hasBias: true)), "x")
      ]))
  }

  private static func tensors(
    _ weight: [Float], in precision: Precision
  ) throws -> TensorArchive {
    let weights: KeyValuePairs = [
      "conv.weight": FloatTensor(shape: [2, 1, 1, 1], values: weight),
      "conv.bias": FloatTensor(shape: [2], values: [0.1, 0.2]),
    ]
    return try TensorArchive(
      program().tensors(
        of: try TensorArchive(
          weights.map { .init(name: $0.key, tensor: Tensor($0.value)) }),
        in: PrecisionPlan(precision)))
  }

  @Test func `kernels are rounded to bfloat16, biases stay binary32`() throws {
    let tensors = try Self.tensors([1.003_906_25, 70_000], in: .bfloat16)
    let weight = try #require(tensors["conv.weight"])
    #expect(weight.elementType == .bfloat16 && weight.shape == [2, 1, 1, 1])
    #expect(try weight.floats().values == [1, 70_144])
    let bias = try #require(tensors["conv.bias"])
    #expect(bias.elementType == .float32)
    #expect(try bias.floats().values == [0.1, 0.2])
  }

  @Test(arguments: [
    (Precision.bfloat16, Float.greatestFiniteMagnitude), (.bfloat16, -3.4e38),
    (.float16, 65_520),
  ])
  func `a weight that rounds to infinity is refused by name`(
    precision: Precision, value: Float
  ) throws {
    #expect(
      throws: QuantizationError.overflow(
        tensor: "conv.weight", source: "memory", precision: precision, value: value)
    ) { try Self.tensors([1, value], in: precision) }
  }
}
