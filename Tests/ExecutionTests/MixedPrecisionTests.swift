import Execution
import Networks
import Quantization
import Tensors
import Testing

/// Programs whose steps run in several precisions, on numbers worked out by hand.
@Suite struct MixedPrecisionTests {
  private static let pointwise = LayerOperation.convolution(
    Convolution(1, 1, kernel: 1, hasBias: false))

  private static func held(_ scale: Float, _ zeroPoint: Int32) -> AffineQuantization {
    AffineQuantization(elementType: .uint8, scale: scale, zeroPoint: zeroPoint)
  }

  private static func pixels(_ values: Float...) -> FloatTensor {
    FloatTensor(shape: [1, 1, 1, values.count], values: values)
  }

  /// An int8 kernel of one weight, `weight` times `scale`.
  private static func kernel(
    _ layer: String, _ weight: Int8, _ scale: Float
  ) -> [TensorArchive.Entry] {
    [
      .integers("\(layer).weight", [weight], [1, 1, 1, 1]),
      .floats("\(layer).weight.scale", [scale], [1]),
    ]
  }

  private static func compile(
    _ graph: Graph<LayerOperation>, _ plan: PrecisionPlan, _ entries: [TensorArchive.Entry]
  ) throws -> any CompiledProgram {
    ReferenceBackend(threads: 1).compile(
      try BoundProgram(
        Program(deploying: graph), plan: plan, weights: try TensorArchive(entries)))
  }

  @Test func `an int8 convolution rounds a wide value for itself, other readers see it whole`()
    throws
  {
    var b = GraphBuilder("g", inputs: ["x"])
    let wide = b.layer("wide", Self.pointwise, "x")
    let graph = b.finish([
      "int8": b.layer("int8", Self.pointwise, wide), "fp32": b.layer("fp32", Self.pointwise, wide),
    ])
    let compiled = try Self.compile(
      graph, PrecisionPlan(.float32, exceptions: ["int8": .int8]),
      [
        .floats("wide.weight", [1], [1, 1, 1, 1]), .floats("fp32.weight", [2], [1, 1, 1, 1]),
      ] + Self.kernel("int8", 3, 1)
        + TensorArchive.Entry.quantization("int8.input", Self.held(0.5, 10)))
    let step = try #require(compiled.bound.program.step("int8"))
    #expect(compiled.bound.storage(of: "wide") == .float32)
    #expect(compiled.bound.operandStorage(of: step, 0) == .quantized(Self.held(0.5, 10)))
    #expect(compiled.bound.arithmetic(of: step) == .int8)
    let outputs = try compiled.run(["x": Self.pixels(0.25, 0.75, -100, 1000)])
    #expect(outputs["int8"]?.values == [0, 3, -15, 367.5])
    #expect(outputs["fp32"]?.values == [0.5, 1.5, -200, 2000])
  }

  @Test func `what an int8 convolution hands to a bfloat16 one is rounded by the reader alone`()
    throws
  {
    var b = GraphBuilder("g", inputs: ["x"])
    let integer = b.layer("int8", Self.pointwise, "x")
    let graph = b.finish(["y": b.layer("bf16", Self.pointwise, integer), "int8": integer])
    let compiled = try Self.compile(
      graph, PrecisionPlan(.bfloat16, exceptions: ["int8": .int8]),
      [.floats("bf16.weight", [1], [1, 1, 1, 1])] + Self.kernel("int8", 1, 1.003_906_25)
        + TensorArchive.Entry.quantization("int8.input", Self.held(1, 0)))
    let step = try #require(compiled.bound.program.step("bf16"))
    #expect(compiled.bound.storage(of: "int8") == .float32)
    #expect(compiled.bound.operandStorage(of: step, 0) == .bfloat16)
    #expect(compiled.bound.arithmetic(of: step) == .bfloat16)
    let outputs = try compiled.run(["x": Self.pixels(1, 3)])
    #expect(outputs["int8"]?.values == [1.003_906_25, 3.011_718_75])
    #expect(outputs["y"]?.values == [1, 3.015_625])
  }

  @Test func `an int8 convolution adds the real numbers of its residual to a wide result`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let residual = b.layer("residual", Self.pointwise, "x")
    let sum = b.layer("add", .add, residual, b.layer("last", Self.pointwise, "x"))
    let graph = b.finish(["y": b.layer("relu", .relu, sum)])
    let compiled = try Self.compile(
      graph, PrecisionPlan(.int8),
      Self.kernel("residual", -1, 0.3) + Self.kernel("last", 3, 0.5)
        + TensorArchive.Entry.quantization("residual.input", Self.held(1, 0))
        + TensorArchive.Entry.quantization("last.input", Self.held(1, 0))
        + TensorArchive.Entry.quantization("residual.output", Self.held(0.5, 20)))
    let step = try #require(compiled.bound.program.step("relu"))
    #expect(compiled.bound.storage(of: "residual") == .quantized(Self.held(0.5, 20)))
    #expect(compiled.bound.operandStorage(of: step, 1) == .float32)
    // -0.3 x is held as -0.5, -1 and -10; 1.5 x is added to it.
    #expect(
      try compiled.run(["x": Self.pixels(1, 3, 0, 255)])["y"]?.values == [1, 3.5, 0, 372.5])
  }

  @Test func `a residual whose sum stays wide needs no quantization where it is wide itself`()
    throws
  {
    var b = GraphBuilder("g", inputs: ["x", "r"])
    let sum = b.layer("add", .add, "r", b.layer("int8", Self.pointwise, "x"))
    let graph = b.finish(["y": sum, "w": b.layer("wide", Self.pointwise, "r")])
    let compiled = try Self.compile(
      graph, PrecisionPlan(.int8, exceptions: ["wide": .float32]),
      [.floats("wide.weight", [1], [1, 1, 1, 1])] + Self.kernel("int8", 1, 1)
        + TensorArchive.Entry.quantization("int8.input", Self.held(1, 0)))
    let outputs = try compiled.run(["x": Self.pixels(2), "r": Self.pixels(0.3)])
    #expect(outputs["y"]?.values == [2.3])
  }

  @Test func `an int8 model that says nothing of a value that its plan holds is refused`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let graph = b.finish(["y": b.layer("int8", Self.pointwise, "x")])
    #expect(throws: ParameterError.missing("int8.input.scale")) {
      try Self.compile(graph, PrecisionPlan(.int8), Self.kernel("int8", 1, 1))
    }
  }

  @Test
  func `a memory in 8 bits is read as its integers stand for, rounded to the read's precision`()
    throws
  {
    // Both keys are held as 0.5, and the values as 1 + 2^-8 and 3 (1 + 2^-8).
    let inputs = [
      "keys": FloatTensor(shape: [1, 1, 2, 1, 1], values: [0.3, 0.7]),
      "values": FloatTensor(shape: [1, 1, 2, 1, 1], values: [1.4, 2.6]),
      "query": FloatTensor(shape: [1, 1, 1, 1], values: [1]),
    ]
    let single = [
      "keys": FloatTensor(shape: [1, 1, 1, 1, 1], values: [0.3]),
      "values": FloatTensor(shape: [1, 1, 1, 1, 1], values: [1.4]),
      "query": FloatTensor(shape: [1, 1, 1, 1], values: [1]),
    ]
    for (precision, operand, one) in [
      (Precision.float32, Storage.float32, 1.003_906_25 as Float), (.bfloat16, .bfloat16, 1),
      (.int8, .bfloat16, 1),
    ] {
      let compiled = try Self.compile(Self.memoryRead, Self.integerMemory(precision), Self.memory)
      let bound = compiled.bound
      let read = try #require(bound.program.step("read"))
      #expect(bound.storage(of: "keys") == .quantized(Self.held(0.5, 10)))
      #expect(bound.storage(of: "values") == .quantized(Self.held(1.003_906_25, 0)))
      for index in 0..<3 { #expect(bound.operandStorage(of: read, index) == operand) }
      #expect(try compiled.run(inputs)["y"]?.values == [2.007_812_5])
      #expect(try compiled.run(single)["y"]?.values == [one])
    }
  }

  @Test func `a model that says nothing of a memory that its plan holds in 8 bits is refused`() {
    #expect(throws: ParameterError.missing("keys.output.scale")) {
      try Self.compile(Self.memoryRead, Self.integerMemory(.float32), [])
    }
  }

  private static var memoryRead: Graph<LayerOperation> {
    var b = GraphBuilder("g", inputs: ["keys", "values", "query"])
    return b.finish(["y": b.layer("read", .memoryRead, "keys", "values", "query")])
  }

  private static func integerMemory(_ precision: Precision) -> PrecisionPlan {
    PrecisionPlan(precision, memories: ["keys": .int8, "values": .int8])
  }

  private static let memory =
    TensorArchive.Entry.quantization("keys.output", held(0.5, 10))
    + TensorArchive.Entry.quantization("values.output", held(1.003_906_25, 0))
}
