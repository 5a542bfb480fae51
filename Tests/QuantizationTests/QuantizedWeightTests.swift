import Networks
import Quantization
import Tensors
import TestSupport
import Testing

@Suite struct QuantizedWeightTests {
  @Test func `each channel of a kernel has its own scale; one of zeros keeps scale 1`() throws {
    let weight = QuantizedWeight(
      FloatTensor(
        shape: [3, 1, 1, 4],
        values: [127, -63.5, 0.5, 1.5, 0, 0, -0.0, 0, 0.001, -0.002, 0.002, 0]))
    #expect(weight.scales == [1, 1, 0.002 / 127])
    #expect(weight.integers == [127, -64, 0, 2, 0, 0, 0, 0, 64, -127, 127, 0])
  }

  @Test func `integers of a kernel are never -128 and give it back within half a step`() throws {
    var generator = SeededGenerator(seed: 3)
    let original = FloatTensor.random([8, 4, 3, 3], using: &generator)
    let weight = QuantizedWeight(original)
    #expect(!weight.integers.contains(-128))
    for (index, integer) in weight.integers.enumerated() {
      let scale = weight.scales[index / 36]
      #expect(abs(Float(integer) * scale - original.values[index]) <= scale * 0.5001)
    }
  }

  @Test(arguments: [127, 63] as [Int8])
  func `the nearest integer is the one that the language rounds to`(magnitude: Int8) throws {
    var generator = SeededGenerator(seed: 4)
    var original = FloatTensor.random([4, 100, 1, 1], in: -70...70, using: &generator)
    for index in 0..<100 { original.values[index] = Float(index) / 2 - 25 }
    original.values[0] = Float(magnitude)
    let weight = QuantizedWeight(original, magnitude: magnitude)
    #expect(weight.scales[0] == 1)
    for (index, value) in original.values.enumerated() {
      let scale = weight.scales[index / 100]
      #expect(Float(weight.integers[index]) == (value / scale).rounded(.toNearestOrEven))
    }
    #expect(weight.integers.map { abs($0) }.max() == magnitude)
  }

  @Test func `channels that hold next to nothing or nearly too much are held like any other`()
    throws
  {
    let weight = QuantizedWeight(
      FloatTensor(
        shape: [2, 1, 1, 2], values: [0x1p-149, 0, .greatestFiniteMagnitude, -0x1p126]))
    #expect(weight.scales == [1, .greatestFiniteMagnitude / 127])
    #expect(weight.integers == [0, 0, 127, -32])
  }

  @Test func `what the integers stand for is each times the scale of its channel`() {
    let weight = QuantizedWeight.dequantized(
      [3, -127, 0, 2], scales: [0.5, 2], shape: [2, 1, 1, 2])
    #expect(weight == FloatTensor(shape: [2, 1, 1, 2], values: [1.5, -63.5, 0, 4]))
  }

  @Test func `7-bit weights have scales twice as large, for w8 and int8 alike`() throws {
    var b = GraphBuilder("g", inputs: ["x"])
    let geometry = LayerOperation.convolution(Convolution(2, 1, kernel: 1, hasBias: true))
    let program = Program(deploying: b.finish(["y": b.layer("a", geometry, "x")]))
    let weights = try TensorArchive([
      "a.weight": FloatTensor(shape: [1, 2, 1, 1], values: [-126, 31]),
      "a.bias": FloatTensor(shape: [1], values: [5]),
    ])
    var statistics = CalibrationStatistics()
    statistics.values["g"] = ["x": ValueStatistics(of: [0, 1])]
    for precision in [Precision.w8, .int8] {
      let tensors = try TensorArchive(
        program.tensors(
          of: weights, in: PrecisionPlan(precision), statistics: statistics,
          quantizing: WeightQuantization(reducesRange: true)))
      #expect(try tensors["a.weight"]?.tensor().bitPatterns(as: Int8.self) == [-63, 16])
      #expect(try tensors.floats("a.weight.scale").values == [2])
      #expect(try tensors.floats("a.bias").values == [5])
    }
  }
}
