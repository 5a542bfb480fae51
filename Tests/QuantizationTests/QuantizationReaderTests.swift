import Networks
import Quantization
import Tensors
import Testing

@Suite struct QuantizationReaderTests {
  private static let geometry = Convolution(1, 2, kernel: 1, hasBias: true)
  private static let program: Program = {
    var b = GraphBuilder("g", inputs: ["x"])
    let first = b.layer("a", .convolution(geometry), "x")
    let second = b.layer("b", .convolution(geometry), "x")
    return Program(deploying: b.finish(["first": first, "second": second]))
  }()

  @Test func `a value is held as every tensor about it says`() throws {
    #expect(
      try quantization()
        == AffineQuantization(elementType: .uint8, scale: 0.5, zeroPoint: 200))
  }

  @Test func `the zero point's type is the integers' type`() throws {
    let zero = Tensor(bitPatterns: [-5 as Int8], elementType: .int8, shape: [])
    #expect(
      try quantization(["a.input.zero_point": zero, "b.input.zero_point": zero])
        == AffineQuantization(elementType: .int8, scale: 0.5, zeroPoint: -5))
  }

  @Test(arguments: ["a.input.scale", "b.input.zero_point"])
  func `a missing tensor is named`(name: String) {
    #expect(throws: ParameterError.missing(name)) { try quantization([name: nil]) }
  }

  @Test(arguments: [0, -1, .nan, .infinity, 0x1p-149] as [Float])
  func `a scale that is not a positive number is refused`(scale: Float) {
    #expect(
      throws: QuantizationError.malformed(
        tensor: "a.input.scale", source: "memory", expected: "a positive number",
        found: "\(scale)")
    ) { try quantization(["a.input.scale": Tensor(FloatTensor(shape: [], values: [scale]))]) }
  }

  @Test func `a scale of another type or shape is refused`() {
    let double = Tensor(bitPatterns: [0 as UInt64], elementType: .float64, shape: [])
    #expect(
      throws: QuantizationError.malformed(
        tensor: "a.input.scale", source: "memory", expected: "type F32", found: "F64")
    ) { try quantization(["a.input.scale": double]) }
    #expect(
      throws: ParameterError.shape("a.input.scale", source: "memory", expected: [], found: [1])
    ) { try quantization(["a.input.scale": Tensor(FloatTensor(shape: [1], values: [1]))]) }
  }

  @Test func `a zero point of another type is refused`() {
    let wide = Tensor(bitPatterns: [0 as Int32], elementType: .int32, shape: [])
    #expect(
      throws: QuantizationError.malformed(
        tensor: "b.input.zero_point", source: "memory", expected: "type U8 or I8", found: "I32")
    ) { try quantization(["b.input.zero_point": wide]) }
  }

  @Test func `two tensors that contradict each other are both named`() {
    let error = #expect(throws: QuantizationError.self) {
      try quantization(["b.input.scale": Tensor(FloatTensor(shape: [], values: [0.25]))])
    }
    let message = error?.description ?? ""
    for noun in ["memory", "'a.input'", "'b.input.scale'", "'x'", "scale 0.25"] {
      #expect(message.contains(noun), "\(message)")
    }
  }

  @Test func `a convolution's constants are those of its scales`() throws {
    let convolution = try convolution()
    #expect(convolution.weight == [3, -127])
    // s_x * s_w / s_y and b / (s_x * s_w)
    #expect(convolution.scale == [4, 8])
    #expect(convolution.bias == [10, -0.5])
    #expect(convolution.residualScale == 0)
  }

  @Test(arguments: [0, -2, .nan, .infinity] as [Float])
  func `a kernel's scale that is not positive is refused with its channel`(scale: Float) {
    let scales = Tensor(FloatTensor(shape: [2], values: [1, scale]))
    #expect(
      throws: QuantizationError.malformed(
        tensor: "a.weight.scale", source: "memory", expected: "positive numbers",
        found: "\(scale) for channel 1")
    ) { try convolution(["a.weight.scale": scales]) }
  }

  @Test func `a kernel that is not of integers is refused`() {
    #expect(
      throws: QuantizationError.malformed(
        tensor: "a.weight", source: "memory", expected: "type I8", found: "F32")
    ) { try convolution(["a.weight": Tensor(FloatTensor(zeros: [2, 1, 1, 1]))]) }
  }

  private func quantization(_ changes: [String: Tensor?] = [:]) throws -> AffineQuantization {
    try QuantizationReader(try Self.archive(changes)).quantization(of: "x", in: Self.program)
  }

  private func convolution(_ changes: [String: Tensor?] = [:]) throws -> IntegerConvolution {
    try QuantizationReader(try Self.archive(changes)).convolution(
      Self.program.steps[0], geometry: Self.geometry,
      input: AffineQuantization(elementType: .uint8, scale: 0.5, zeroPoint: 200), residual: nil,
      output: AffineQuantization(elementType: .int8, scale: 0.25, zeroPoint: 0))
  }

  /// The tensors of the program, some of them replaced or, with nil, taken out.
  private static func archive(_ changes: [String: Tensor?]) throws -> TensorArchive {
    var tensors = [
      "a.weight": Tensor(
        bitPatterns: [3, -127] as [Int8], elementType: .int8, shape: [2, 1, 1, 1]),
      "a.weight.scale": Tensor(FloatTensor(shape: [2], values: [2, 4])),
      "a.bias": Tensor(FloatTensor(shape: [2], values: [10, -1])),
    ]
    for name in ["a", "b"] {
      tensors["\(name).input.scale"] = Tensor(FloatTensor(shape: [], values: [0.5]))
      tensors["\(name).input.zero_point"] = Tensor(
        bitPatterns: [200 as UInt8], elementType: .uint8, shape: [])
    }
    for (name, tensor) in changes { tensors[name] = tensor }
    return try TensorArchive(tensors.map { .init(name: $0.key, tensor: $0.value) })
  }
}
