import Tensors
import TestSupport
import Testing

@testable import Quantization

@Suite struct BiasCorrectionTests {
  @Test func `the mean of what rounding adds is taken off, for constant inputs all of it`() throws {
    var generator = SeededGenerator(seed: 5)
    let weight = FloatTensor(
      shape: [3, 4, 3, 3],
      values: (0..<108).map { _ in Float.random(in: -1...1, using: &generator) })
    let means = [0.5, 2, 0, -1].flatMap { repeatElement(Float($0), count: 9) }
    let quantized = QuantizedWeight(weight, magnitude: 7)
    let rounded = QuantizedWeight.dequantized(
      quantized.integers, scales: quantized.scales, shape: weight.shape)
    func sum(_ weight: FloatTensor, _ output: Int) -> Float {
      (0..<36).reduce(0) { $0 + weight.values[36 * output + $1] * means[$1] }
    }
    let shift = BiasCorrection.shift(weight, quantized, means: means)
    for output in 0..<3 {
      let error = sum(weight, output) - sum(rounded, output)
      #expect(abs(error) > 0.01)
      #expect(abs(shift[output] - error) < 1e-5)
    }
  }

  @Test func `a kernel that rounding leaves as it is needs no other bias`() throws {
    let integers = FloatTensor(
      shape: [1, 2, 3, 3], values: (0..<18).map { Float(127 - $0 % 100) })
    let quantized = QuantizedWeight(integers)
    #expect(BiasCorrection.shift(integers, quantized, means: (0..<18).map(Float.init)) == [0])
  }
}
