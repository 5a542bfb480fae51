import Tensors
import TestSupport
import Testing

@testable import Quantization

@Suite struct AdaptiveRoundingTests {
  @Test func `of two weights that read the same, one is rounded up where both are rounded down`() {
    let kernel = FloatTensor(shape: [1, 3, 1, 1], values: [40.4, 40.4, 127])
    let same = rounded(kernel, patches: [[1, 1, 0], [2, 2, 0], [4, 4, 0]])
    #expect(same.integers == [41, 40, 127])
    #expect(QuantizedWeight(kernel).integers == [40, 40, 127])
  }

  @Test func `weights that read what has nothing in common become the nearest integers`() {
    let kernel = FloatTensor(shape: [2, 2, 1, 1], values: [40.4, 127, -0.6, 127])
    let apart = rounded(kernel, patches: [[1, 1], [1, -1], [-1, 1], [-1, -1]])
    #expect(apart.integers == [40, 127, -1, 127])
  }

  @Test func `what is read with the same mean everywhere decides about nothing`() {
    let kernel = FloatTensor(shape: [1, 3, 1, 1], values: [40.4, 40.4, 127])
    #expect(rounded(kernel, patches: [[9, 9, 9], [9, 9, 9]]).integers == [40, 40, 127])
  }

  @Test(arguments: [63, 127] as [Int8])
  func `results over patches are nearer to what they were, and no integer leaves its range`(
    magnitude: Int8
  ) {
    let (kernel, patches) = example(outputs: 5, channels: 3, patches: 40)
    let nearest = QuantizedWeight(kernel, magnitude: magnitude)
    let adaptive = rounded(kernel, patches: patches, magnitude: magnitude)
    #expect(adaptive.scales == nearest.scales)
    #expect(adaptive.integers.allSatisfy { abs($0) <= magnitude })
    for output in 0..<5 {
      let before = error(of: nearest, kernel, output, patches)
      #expect(error(of: adaptive, kernel, output, patches) < 0.7 * before)
    }
  }

  @Test func `factors of channels change nothing where weights take them up exactly`() {
    let (kernel, patches) = example(outputs: 2, channels: 2, patches: 20)
    var scaled = kernel
    for index in scaled.values.indices where index / 9 % 2 == 1 { scaled.values[index] *= 0.25 }
    let divided = patches.map { patch in
      patch.enumerated().map { $0.offset / 9 == 1 ? $0.element / 0.25 : $0.element }
    }
    let expected = rounded(scaled, patches: divided)
    #expect(
      rounded(scaled, patches: patches, inputFactors: [1, 0.25]).integers == expected.integers)
    #expect(rounded(scaled, patches: patches).integers != expected.integers)
  }

  @Test func `numbers that are not finite in one place of the patches leave its weight as it is`() {
    let kernel = FloatTensor(shape: [1, 3, 1, 1], values: [40.4, 40.4, 127])
    let odd = rounded(kernel, patches: [[1, 1, .nan], [2, 2, 0], [4, 4, .infinity]])
    #expect(odd.integers == [41, 40, 127])
  }

  @Test func `a kernel is rounded once, and again where it or its range is another`() {
    let (kernel, patches) = example(outputs: 2, channels: 1, patches: 20)
    let done = Counter()
    let rounding = AdaptiveRounding(["a": samples(patches)]) { _ in done.count() }
    func round(_ weight: FloatTensor, _ magnitude: Int8 = 127) -> [Int8] {
      rounding.rounded(
        .init(weight: weight, magnitude: magnitude, inputFactors: nil), of: "a"
      ).integers
    }
    #expect(round(kernel) == round(kernel))
    #expect(done.total == 1)
    #expect(round(kernel, 63).allSatisfy { abs($0) <= 63 })
    var other = kernel
    other.values[0] += 1
    #expect(round(other) != round(kernel, 63))
    #expect(done.total == 4)
  }

  @Test func `a layer without samples gets the nearest integers`() {
    let (kernel, patches) = example(outputs: 2, channels: 1, patches: 20)
    let rounding = AdaptiveRounding(["a": samples(patches)])
    let found = rounding.rounded(
      .init(weight: kernel, magnitude: 127, inputFactors: nil), of: "b")
    #expect(found.integers == QuantizedWeight(kernel).integers)
  }

  private func rounded(
    _ kernel: FloatTensor, patches: [[Float]], magnitude: Int8 = 127,
    inputFactors: [Float]? = nil
  ) -> QuantizedWeight {
    AdaptiveRounding(["a": samples(patches)]).rounded(
      .init(weight: kernel, magnitude: magnitude, inputFactors: inputFactors), of: "a")
  }

  private func samples(_ patches: [[Float]]) -> PatchSamples {
    var samples = PatchSamples(patchSize: patches[0].count)
    for patch in patches { samples.append(patch) }
    return samples
  }

  /// The squared deviation of what `output` makes of `patches` from what `kernel` makes of them, less
  /// that of its mean.
  private func error(
    of weight: QuantizedWeight, _ kernel: FloatTensor, _ output: Int, _ patches: [[Float]]
  ) -> Double {
    let size = patches[0].count
    let errors = patches.map { patch in
      patch.indices.reduce(0.0) { sum, index in
        let place = output * size + index
        let left = kernel.values[place] - Float(weight.integers[place]) * weight.scales[output]
        return sum + Double(left) * Double(patch[index])
      }
    }
    let mean = errors.reduce(0, +) / Double(errors.count)
    return errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }

  /// A 3x3 kernel, and patches as those of an image: neighbours are alike, nothing is negative.
  private func example(
    outputs: Int, channels: Int, patches: Int
  ) -> (FloatTensor, [[Float]]) {
    var random = SeededGenerator(seed: 7)
    let size = channels * 9
    let kernel = FloatTensor(
      shape: [outputs, channels, 3, 3],
      values: (0..<outputs * size).map { _ in Float.random(in: -1...1, using: &random) })
    let seen = (0..<patches).map { _ in
      (0..<channels).flatMap { _ in
        let level = Float.random(in: 0...4, using: &random)
        return (0..<9).map { _ in level + Float.random(in: 0...1, using: &random) }
      }
    }
    return (kernel, seen.map { $0.map(\.roundedToBFloat16) })
  }
}

private final class Counter: @unchecked Sendable {
  private(set) var total = 0
  func count() { total += 1 }
}
