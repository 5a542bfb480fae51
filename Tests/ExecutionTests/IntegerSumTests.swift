import Execution
import Networks
import Quantization
import Tensors
import Testing

/// The formula of sums that are held as integers, on numbers worked out by hand.
@Suite struct IntegerSumTests {
  private static func held(
    _ scale: Float, _ zeroPoint: Int32, _ type: ElementType = .uint8
  ) -> AffineQuantization {
    AffineQuantization(elementType: type, scale: scale, zeroPoint: zeroPoint)
  }

  /// The compiled sum of `x`, upsampled by `factor` where that is above 1, and `r`; its result
  /// is read by an int8 convolution. Where `x` is `nil`, a binary32 convolution reads `x` too.
  private static func compile(
    factor: Int, x: AffineQuantization?, r: AffineQuantization, output: AffineQuantization
  ) throws -> any CompiledProgram {
    let pointwise = LayerOperation.convolution(Convolution(1, 1, kernel: 1, hasBias: false))
    var b = GraphBuilder("g", inputs: ["x", "r"])
    let first = factor > 1 ? b.layer("up", .upsample(factor: factor), "x") : "x"
    let sum = b.layer("sum", .add, first, "r")
    let graph = b.finish([
      "y": b.layer("next", pointwise, sum), "wide": b.layer("wide", pointwise, "x"),
    ])
    var entries: [TensorArchive.Entry] = [
      .integers("next.weight", [1], [1, 1, 1, 1]), .floats("next.weight.scale", [1], [1]),
    ]
    entries += TensorArchive.Entry.quantization("next.input", output)
    entries += TensorArchive.Entry.quantization("r.output", r)
    if let x {
      entries += [
        .integers("wide.weight", [1], [1, 1, 1, 1]), .floats("wide.weight.scale", [1], [1]),
      ]
      entries += TensorArchive.Entry.quantization("wide.input", x)
    } else {
      entries.append(.floats("wide.weight", [1], [1, 1, 1, 1]))
    }
    return ReferenceBackend(threads: 1).compile(
      try BoundProgram(
        Program(deploying: graph),
        plan: PrecisionPlan(.int8, exceptions: x == nil ? ["wide": .float32] : [:]),
        weights: try TensorArchive(entries)))
  }

  private static func pixels(_ values: Float...) -> FloatTensor {
    FloatTensor(shape: [1, 1, 1, values.count], values: values)
  }

  @Test func `terms are weighted by their scales, and ties go to the even integer`() throws {
    // q_y = rne(q_x / 2 + 2 q_r / 2 + 1), which stands for (q_y - 1) * 2.
    let compiled = try Self.compile(
      factor: 1, x: Self.held(1, 0), r: Self.held(2, 0, .int8), output: Self.held(2, 1))
    let step = try #require(compiled.bound.program.step("sum"))
    let sum = try #require(compiled.bound.integerSum(of: step))
    #expect(sum.terms == [Self.held(1, 0), Self.held(2, 0, .int8)])
    #expect(sum.factors == [0.5, 1])
    #expect(compiled.bound.arithmetic(of: step) == .int8)
    let y = try compiled.run(
      step: "sum", inputs: [Self.pixels(1, 3, 5, 0.4, 255), Self.pixels(0, 0, 0, -3, 254)])
    #expect(y.values == [2, 2, 6, -2, 508])
  }

  @Test func `zero points of terms and result are those of 0`() throws {
    let compiled = try Self.compile(
      factor: 1, x: Self.held(1, 128), r: Self.held(1, 3), output: Self.held(1, 200))
    let y = try compiled.run(
      step: "sum", inputs: [Self.pixels(0, -100, 127), Self.pixels(0, -3, 1)])
    #expect(y.values == [0, -103, 55])
  }

  @Test func `a term that is held wide is not rounded before it is added`() throws {
    let compiled = try Self.compile(
      factor: 1, x: nil, r: Self.held(1, 0), output: Self.held(0.25, 0))
    let step = try #require(compiled.bound.program.step("sum"))
    #expect(compiled.bound.integerSum(of: step)?.factors == [4, 4])
    #expect(compiled.bound.integerSum(of: step)?.terms == [nil, Self.held(1, 0)])
    let y = try compiled.run(step: "sum", inputs: [Self.pixels(0.375, 1.3), Self.pixels(1.4, 2)])
    #expect(y.values == [1.5, 3.25])
  }

  @Test func `a sum whose result is held wide is no sum of integers`() throws {
    var b = GraphBuilder("g", inputs: ["x", "y"])
    let bound = try BoundProgram(
      Program(deploying: b.finish(["o": b.layer("sum", .add, "x", "y")])), precision: .int8,
      weights: try TensorArchive([TensorArchive.Entry]()))
    #expect(bound.integerSum(of: try #require(bound.program.step("sum"))) == nil)
  }

  @Test(arguments: [(2, 15, 16), (4, 3, 64)])
  func `an upsampling of integers is exact in the sum`(
    factor: Int, largest: Int, denominator: Int
  ) throws {
    let (height, width) = (3, 5)
    let compiled = try Self.compile(
      factor: factor, x: Self.held(1, 0), r: Self.held(1, 0),
      output: Self.held(1 / Float(denominator), 0))
    let x = (0..<height * width).map { $0 * 7 % (largest + 1) }
    let zeros = FloatTensor(zeros: [1, 1, factor * height, factor * width])
    let y = try compiled.run(
      step: "sum",
      inputs: [FloatTensor(shape: [1, 1, height, width], values: x.map(Float.init)), zeros])
    // An output is between two inputs, at a whole number of halves of `factor`-ths.
    func neighbours(_ index: Int, _ size: Int) -> (Int, Int, Int) {
      let halves = max(2 * index + 1 - factor, 0)
      let low = halves / (2 * factor)
      return (low, min(low + 1, size - 1), halves % (2 * factor))
    }
    for row in 0..<factor * height {
      for column in 0..<factor * width {
        let (top, bottom, down) = neighbours(row, height)
        let (left, right, across) = neighbours(column, width)
        let sum =
          (2 * factor - down)
          * ((2 * factor - across) * x[top * width + left] + across * x[top * width + right])
          + down
          * ((2 * factor - across) * x[bottom * width + left] + across * x[bottom * width + right])
        #expect(
          y.values[row * factor * width + column] == Float(sum) / Float(4 * factor * factor))
      }
    }
  }
}
