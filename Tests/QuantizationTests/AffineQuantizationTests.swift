import Quantization
import Tensors
import Testing

@Suite struct AffineQuantizationTests {
  @Test(
    arguments: [
      (0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2), (-2.5, -2), (0.500001, 1), (126.5, 126),
      (127.5, 127), (-128.4, -128), (-1000, -128), (1e38, 127),
    ] as [(Float, Int32)])
  func `a number goes to the nearest integer, ties to even, clamped`(
    value: Float, expected: Int32
  ) {
    let quantization = AffineQuantization(elementType: .int8, scale: 1, zeroPoint: 0)
    #expect(quantization.quantize(value) == expected)
  }

  @Test func `ties are decided before the zero point is added, as in ONNX's QuantizeLinear`() {
    let quantization = AffineQuantization(elementType: .uint8, scale: 0.5, zeroPoint: 3)
    #expect([0.25, 0.75, -0.25, -0.75].map(quantization.quantize) == [3, 5, 3, 1])
  }

  @Test func `NaN becomes the zero point, and infinities the ends of the type`() {
    let quantization = AffineQuantization(elementType: .uint8, scale: 0.1, zeroPoint: 7)
    #expect([.nan, .infinity, -.infinity].map(quantization.quantize) == [7, 255, 0])
    #expect(quantization.clamp(.nan) == 7)
  }

  @Test func `a number beyond the scale's reach is clamped, not lost`() {
    let quantization = AffineQuantization(
      elementType: .int8, scale: .leastNormalMagnitude, zeroPoint: -3)
    #expect(quantization.quantize(.greatestFiniteMagnitude) == 127)
    #expect(quantization.quantize(-.greatestFiniteMagnitude) == -128)
    #expect(quantization.quantize(0) == -3)
  }

  @Test(
    arguments: [
      (-1, 2), (0, 1), (-3, 0), (0.5, 2), (-2, -0.5), (-1e-3, 1e3), (-1e3, 1e-3), (-1e38, 3e38),
      (-3e38, 3e38), (0, 0), (0x1p-149, 0x1p-148),
    ] as [(Float, Float)])
  func `an asymmetric range holds 0 exactly and its ends within half a step`(
    minimum: Float, maximum: Float
  ) {
    let quantization = AffineQuantization.asymmetric(minimum: minimum, maximum: maximum)
    #expect(quantization.elementType == .uint8)
    #expect(quantization.dequantize(quantization.quantize(0)) == 0)
    guard (maximum - minimum).isFinite, maximum - minimum > 1e-30 else { return }
    for end in [minimum, maximum] {
      let back = quantization.dequantize(quantization.quantize(end))
      #expect(abs(back - end) <= quantization.scale * 0.51)
    }
  }

  @Test(arguments: [0, -0.0, 0x1p-149, .infinity, .nan] as [Float])
  func `an empty or unusable range has scale 1`(limit: Float) {
    #expect(AffineQuantization.nonNegative(maximum: limit).scale == 1)
    #expect(AffineQuantization.symmetric(magnitude: limit).scale == 1)
    #expect(AffineQuantization.asymmetric(minimum: 0, maximum: limit).scale == 1)
  }

  @Test func `never negative values use the whole unsigned type`() {
    let quantization = AffineQuantization.nonNegative(maximum: 51)
    #expect(quantization == AffineQuantization(elementType: .uint8, scale: 0.2, zeroPoint: 0))
    #expect(quantization.quantize(51) == 255 && quantization.quantize(-1) == 0)
  }

  @Test func `a symmetric range ends at 127 on both sides`() {
    let quantization = AffineQuantization.symmetric(magnitude: 254)
    #expect(quantization == AffineQuantization(elementType: .int8, scale: 2, zeroPoint: 0))
    #expect([254, -254].map(quantization.quantize) == [127, -127])
  }

  @Test func `storage in binary16 rounds as numpy does`() {
    #expect(
      [65519, 65520, 1.0009766, 0x1.8p-25].map(Storage.float16.rounded)
        == [65504, .infinity, 1.0009766, 0x1p-24])
  }
}
