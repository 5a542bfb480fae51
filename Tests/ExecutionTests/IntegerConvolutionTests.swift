import Networks
import Quantization
import Tensors
import Testing

/// The formula of the integer convolution on numbers worked out by hand.
@Suite struct IntegerConvolutionTests {
  private static func held(
    _ scale: Float, _ zeroPoint: Int32, _ type: ElementType = .uint8
  ) -> AffineQuantization {
    AffineQuantization(elementType: type, scale: scale, zeroPoint: zeroPoint)
  }

  private static func pixels(_ values: Float...) -> FloatTensor {
    FloatTensor(shape: [1, 1, 1, values.count], values: values)
  }

  private static func pointwise(hasBias: Bool = false) -> Convolution {
    Convolution(1, 1, kernel: 1, hasBias: hasBias)
  }

  @Test func `a tie goes to the even integer, the zero point included`() throws {
    // q_y = rne(q_x / 2 + 1) is rne(1.5), rne(2.5), rne(3.5); it stands for (q_y - 1) * 2.
    let model = try IntegerModel(
      Self.pointwise(), weight: [1], weightScales: [1], input: Self.held(1, 0),
      output: Self.held(2, 1))
    let y = try model.run(Self.pixels(1, 3, 5))
    #expect(y.values == [2, 2, 6])
  }

  @Test func `the input is rounded to its integers and clamped first`() throws {
    let model = try IntegerModel(
      Self.pointwise(), weight: [3], weightScales: [1], input: Self.held(0.5, 10))
    // -5 is the smallest number that 0 with zero point 10 stands for, 122.5 the largest.
    let y = try model.run(Self.pixels(0.25, 0.75, -100, 1000))
    #expect(y.values == [0, 3, -15, 367.5])
  }

  @Test func `padding contributes nothing, whatever the zero point`() throws {
    let model = try IntegerModel(
      Convolution(1, 1, kernel: 3, hasBias: false), weight: [Int8](repeating: 1, count: 9),
      weightScales: [1], input: Self.held(1, 100))
    #expect(try model.run(Self.pixels(2, 3)).values == [5, 5])
  }

  @Test func `the bias is added in real units before the scale`() throws {
    let model = try IntegerModel(
      Self.pointwise(hasBias: true), weight: [2], weightScales: [0.5], bias: [0.25],
      input: Self.held(1, 0))
    #expect(try model.run(Self.pixels(0, 3)).values == [0.25, 3.25])
  }

  @Test func `the residual is added before the ReLU, and the ReLU works on real numbers`() throws {
    // y = 3 q_x / 2 + 2 q_r / 2, negative sums to 0, then zero point 50: 0 is held as 50.
    let model = try IntegerModel(
      Self.pointwise(), weight: [3], weightScales: [1], input: Self.held(1, 128),
      residual: Self.held(2, 0, .int8), output: Self.held(2, 50), appliesReLU: true)
    let y = try model.run(Self.pixels(2, -2, -4), Self.pixels(4, 4, 20))
    #expect(y.values == [10, 0, 8])
  }

  @Test func `a result beyond the output's type is clamped to it`() throws {
    let model = try IntegerModel(
      Self.pointwise(), weight: [127], weightScales: [1], input: Self.held(1, 128),
      output: Self.held(1, -128, .int8))
    #expect(try model.run(Self.pixels(100, -100, 1)).values == [255, 0, 127])
  }

  @Test func `an output of binary32 is neither rounded nor clamped`() throws {
    let model = try IntegerModel(
      Self.pointwise(), weight: [-127], weightScales: [0.125], input: Self.held(1, 128))
    #expect(try model.run(Self.pixels(100, -100)).values == [-1587.5, 1587.5])
  }

  @Test func `a residual of one object is added to each`() throws {
    let model = try IntegerModel(
      Self.pointwise(), weight: [1], weightScales: [1], input: Self.held(1, 0),
      residual: Self.held(1, 0), output: Self.held(1, 0))
    let x = FloatTensor(shape: [2, 1, 1, 2], values: [1, 2, 3, 4])
    #expect(try model.run(x, Self.pixels(10, 20)).values == [11, 22, 13, 24])
  }
}
