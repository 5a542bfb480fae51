import Foundation
import Quantization
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Verification

/// Metrics beside NumPy's (`Fixtures/make_metrics.py`), and beside plain loops.
@Suite struct LayerMetricsTests {
  /// What NumPy computed for a storage.
  private struct Expected: Decodable {
    let maximum, mean, rmse, relativeMaximum, maximumRelative, meanRelative: Double
    let sqnr, psnr, cosine: Double
    let outliers, saturated, worstChannel: Int
    let ulps, position: [Int]
    let channels: [Double]
  }

  private static let storages: [(String, Storage)] = [
    ("fp32", .float32), ("fp16", .float16), ("bf16", .bfloat16),
    (
      "int8",
      .quantized(AffineQuantization(elementType: .uint8, scale: 0.0625, zeroPoint: 100))
    ),
  ]

  private func fixture(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: "Fixtures/\(name)", ofType: nil))
  }

  @Test(arguments: storages)
  func `every metric is NumPy's`(name: String, storage: Storage) throws {
    let tensors = try WeightFile.read(try fixture("metrics.safetensors")).weights
    let data = try Data(contentsOf: URL(filePath: try fixture("metrics.json")))
    let expected = try #require(try JSONDecoder().decode([String: Expected].self, from: data)[name])
    let reference = try tensors.floats("reference")
    var found = LayerMetrics()
    found.include(
      reference: reference, candidate: try tensors.floats(name), frame: 3, storage: storage)

    func isClose(_ value: Double, _ other: Double) -> Bool {
      abs(value - other) <= 1e-11 * abs(other)
    }
    #expect(found.total.count == reference.values.count && found.total.nonFiniteCount == 0)
    #expect(found.total.maximumError == expected.maximum)
    #expect(isClose(found.total.meanError, expected.mean))
    #expect(isClose(found.total.rootMeanSquareError, expected.rmse))
    #expect(isClose(found.total.relativeMaximumError, expected.relativeMaximum))
    #expect(isClose(found.distribution.maximumRelativeError, expected.maximumRelative))
    #expect(isClose(found.distribution.meanRelativeError, expected.meanRelative))
    #expect(isClose(found.total.sqnr, expected.sqnr))
    #expect(isClose(found.total.psnr, expected.psnr))
    #expect(isClose(found.total.cosine, expected.cosine))
    #expect(found.distribution.outlierCount == expected.outliers)
    #expect(found.distribution.saturatedCount == expected.saturated)
    #expect(found.distribution.ulps.counts == expected.ulps)
    #expect(found.worstChannel == expected.worstChannel)
    for (channel, value) in expected.channels.enumerated() {
      #expect(isClose(found.channelSQNR(channel), value))
    }
    let position = try #require(found.worstPosition)
    #expect(
      [position.object, position.channel, position.row, position.column] == expected.position)
    #expect(position.frame == 3 && found.frames.map(\.index) == [3])
  }

  @Test func `sums over many blocks are those of a plain loop`() {
    var generator = SeededGenerator(seed: 1)
    let count = 3 * ErrorMetrics.blockCount + 5
    let (left, right) = (
      FloatTensor.random([count], using: &generator), FloatTensor.random([count], using: &generator)
    )
    var (found, plain) = (ErrorMetrics(), ErrorMetrics())
    found.include(reference: left, candidate: right)
    for (reference, candidate) in zip(left.values, right.values) {
      plain.include(reference: Double(reference), candidate: Double(candidate))
    }
    #expect(found.count == count && found.maximumError == plain.maximumError)
    #expect(found.maximumIndex == plain.maximumIndex)
    #expect(found.referenceMaximum == plain.referenceMaximum)
    #expect(abs(found.meanError / plain.meanError - 1) < 1e-13)
    #expect(abs(found.sqnr - plain.sqnr) < 1e-11 && abs(found.cosine - plain.cosine) < 1e-13)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], [0, 1500])
  func `a number that is not finite is counted and found wherever it lies`(
    value: Float, index: Int
  ) throws {
    var reference = FloatTensor(zeros: [1, 2, 25, 40])
    for place in reference.values.indices { reference.values[place] = Float(place % 7) }
    var candidate = reference
    candidate.values[index] = value
    candidate.values[999] += 1
    var found = LayerMetrics()
    found.include(reference: reference, candidate: candidate, frame: 1, storage: .float32)
    #expect(found.total.nonFiniteCount == 1 && found.total.maximumError == .infinity)
    #expect(found.total.maximumIndex == index && found.total.sqnr == -.infinity)
    #expect(found.total.psnr == -.infinity && found.total.rootMeanSquareError == .infinity)
    #expect(found.distribution.maximumRelativeError == .infinity)
    #expect(found.distribution.meanRelativeError == .infinity)
    #expect(found.worstChannel == index / 1000 && found.worstChannelSQNR == -.infinity)
    let position = try #require(found.worstPosition)
    #expect(position.channel == index / 1000)
    #expect(position.row == index % 1000 / 40 && position.column == index % 40)
    #expect(found.distribution.ulps.counts.reduce(0, +) == 1999)
  }

  @Test func `values without a difference have no worst channel and no worst position`() {
    var found = LayerMetrics()
    let value = FloatTensor(shape: [1, 2, 1, 2], values: [0, 1, -2, 3])
    found.include(reference: value, candidate: value, frame: 1, storage: .float16)
    #expect(found.total.sqnr == .infinity && found.total.psnr == .infinity)
    #expect(found.worstChannel == nil && found.worstPosition == nil)
    #expect(found.worstChannelSQNR == .infinity && found.channelSQNR(1) == .infinity)
    #expect(found.distribution.meanRelativeError == 0 && found.distribution.outlierCount == 0)
    #expect(found.distribution.ulps.occupied == [4])
  }

  @Test func `errors beside a reference of zeros are infinite in relation to it`() {
    var found = LayerMetrics()
    found.include(
      reference: FloatTensor(zeros: [1, 1, 1, 2]),
      candidate: FloatTensor(shape: [1, 1, 1, 2], values: [0, 1]), frame: 1, storage: .float32)
    #expect(found.total.sqnr == -.infinity && found.total.psnr == -.infinity)
    #expect(found.worstChannelSQNR == -.infinity)
    #expect(found.distribution.maximumRelativeError == .infinity)
  }

  @Test func `one object is compared with each of several, and frames add up`() throws {
    var found = LayerMetrics()
    let several = FloatTensor(shape: [2, 1, 1, 2], values: [1, 2, 1, 5])
    let one = FloatTensor(shape: [1, 1, 1, 2], values: [1, 2])
    found.include(reference: one, candidate: several, frame: 1, storage: .float32)
    found.include(reference: several, candidate: one, frame: 4, storage: .float32)
    #expect(found.total.count == 8 && found.total.maximumError == 3)
    #expect(found.frames.map(\.index) == [1, 4] && found.frames.map(\.metrics.count) == [4, 4])
    #expect(
      found.worstPosition
        == LayerMetrics.Position(frame: 1, object: 1, channel: 0, row: 0, column: 1))
    #expect(found.distribution.count == 8)
  }

  @Test func `only what a limit cut off is saturated`() {
    let quantization = AffineQuantization(elementType: .int8, scale: 1, zeroPoint: 0)
    var found = LayerMetrics()
    found.include(
      reference: FloatTensor(shape: [1, 1, 1, 5], values: [127, 127.4, 127.6, -128.4, -200]),
      candidate: FloatTensor(shape: [1, 1, 1, 5], values: [127, 127, 127, -128, -128]), frame: 1,
      storage: .quantized(quantization))
    #expect(found.distribution.saturatedCount == 2 && found.distribution.saturatedShare == 0.4)
    #expect(found.distribution.ulps.counts[0] == 5)
  }

  @Test func `bins hold distances up to their bound`() {
    #expect((0...4).map(ULPHistogram.upperBound) == [0, 1, 2, 4, 8])
    var found = ULPHistogram()
    let quantization = AffineQuantization(elementType: .uint8, scale: 1, zeroPoint: 0)
    let zeros = [Float](repeating: 0, count: 6)
    let values: [Float] = [0, 1, 2, 3, 4, 5]
    found.include(reference: zeros.span, candidate: values.span, in: .quantized(quantization))
    #expect(found.occupied == [1, 1, 1, 2, 1])
    found = ULPHistogram()
    found.include(
      reference: [-Float.greatestFiniteMagnitude].span,
      candidate: [Float.greatestFiniteMagnitude].span, in: .float32)
    #expect(found.counts[33] == 1)
  }
}
