import Differentiation
import Networks
import Quantization
import Tensors
import Testing

/// Gradients through rounding against PyTorch's autograd, which takes rounding for the identity.
@Suite struct QuantizationGradientTests {
  private let cases: AutogradCases

  init() throws { cases = try AutogradCases("quantization.safetensors") }

  @Test(arguments: [
    ("nonNegative", 0...255, 0), ("asymmetric", 0...255, 77), ("signed", -128...127, 0),
  ])
  func `the gradients by a rounded value and by its scale are PyTorch's`(
    name: String, range: ClosedRange<Int32>, zeroPoint: Int32
  ) throws {
    let x = try cases.numbers("\(name)/x").single
    let scale = Float(try cases.number("\(name)/s"))
    let rounding = FakeQuantization(.integers(range: range, scale: scale, zeroPoint: zeroPoint))
    let kernels = PlainKernels<Float>()
    let gradients = kernels.quantizationGradient(
      try cases.numbers("\(name)/c").single, x, rounding)
    let byScale = Numbers<Double>(shape: [1], values: [Double(gradients.scale)])
    try cases.expect(kernels.quantized(x, rounding).double, "\(name)/y", tolerance: 1e-6)
    try cases.expect(gradients.input.double, "\(name)/d/x", tolerance: 1e-6)
    try cases.expect(byScale, "\(name)/d/s", tolerance: 1e-5)
    #expect(gradients.input.values.contains(0), "nothing is clamped")
  }

  @Test func `the gradients of a program of rounded values and kernels are PyTorch's`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    var y = b.layer(
      "first", .convolution(Convolution(2, 3, kernel: 3, stride: 2, hasBias: true)), "x")
    y = b.layer("relu", .relu, y)
    y = b.layer("second", .convolution(Convolution(3, 2, kernel: 1, hasBias: false)), y)
    let rounding = ProgramRounding<Double>(
      held: [
        "relu": FakeQuantization(
          .integers(range: 0...255, scale: try cases.number("network/s1"), zeroPoint: 0),
          scaleName: "s1")
      ],
      operands: [
        "relu": [
          0: FakeQuantization(
            .integers(range: 0...255, scale: try cases.number("network/s0"), zeroPoint: 100),
            scaleName: "s0")
        ]
      ])
    let gradients = try cases.expect(
      "network", Program(deploying: b.finish(["y": y])),
      numbers: ["relu": ("w1", "b1"), "second": ("w2", "b2")], rounding: rounding
    ) { weight in
      let count = weight.values.count / weight.shape[0]
      var rounded = weight
      for channel in 0..<weight.shape[0] {
        let range = channel * count..<(channel + 1) * count
        let scale = (weight.values[range].map(\.magnitude).max() ?? 0) / 127
        for index in range {
          rounded.values[index] = (weight.values[index] / scale).rounded(.toNearestOrEven) * scale
        }
      }
      return rounded
    }
    for name in ["s0", "s1"] {
      let found = try #require(gradients.scales[name])
      try cases.expect(Numbers(shape: [], values: [found]), "network/d/\(name)")
    }
  }

  @Test func `rounding to integers is that of the deployed model, whatever is rounded`() {
    for held in [
      AffineQuantization(elementType: .uint8, scale: 0.013, zeroPoint: 7),
      AffineQuantization(elementType: .int8, scale: 0.3, zeroPoint: -5), .image,
    ] {
      let rounding = FakeQuantization<Float>(.quantized(held))
      for x: Float in [0, -0.1, 0.0065, 0.15, 1e6, -1e6, .infinity, -.infinity, .nan] {
        #expect(rounding?.rounded(x) == held.dequantize(held.quantize(x)), "\(x)")
      }
    }
    #expect(FakeQuantization<Float>(.float16)?.rounded(1.0006) == Float(1.0006).roundedToFloat16)
    #expect(FakeQuantization<Float>(.bfloat16)?.rounded(1.006) == Float(1.006).roundedToBFloat16)
    #expect(FakeQuantization<Float>(.float32) == nil)
  }
}
