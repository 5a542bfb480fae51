import Foundation
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Quantization

@Suite struct RangeMethodTests {
  /// What `Fixtures/ranges.py` found of samples.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    struct Percentile: Decodable {
      let share: Double
      let range: [Float]
    }

    let samples: String
    let scheme: String
    let width: Double
    let percentiles: [Percentile]
    let leastError: Double
    let entropy: [Float]

    var testDescription: String { "\(samples) \(scheme)" }

    var activationScheme: ActivationScheme {
      scheme == "nonNegative" ? .nonNegative : .asymmetric
    }
  }

  static let cases = Result {
    try JSONDecoder().decode([Case].self, from: Data(contentsOf: URL(filePath: path("json"))))
  }
  static let archive = Result { try WeightFile.read(path("safetensors")).weights }

  private static func path(_ kind: String) throws -> String {
    try #require(Bundle.module.path(forResource: "Fixtures/ranges", ofType: kind))
  }

  private static func values(_ samples: String) throws -> [Float] {
    try archive.get().floats(samples).values
  }

  private static func histogram(_ samples: String) throws -> ValueHistogram {
    ValueHistogram(of: try values(samples))
  }

  @Test(arguments: try cases.get())
  func `percentiles are numpy's within a bin`(expected: Case) throws {
    let histogram = try Self.histogram(expected.samples)
    #expect(histogram.width == expected.width)
    for percentile in expected.percentiles {
      let range = RangeMethod.percentile(percentile.share)
        .range(of: histogram, for: expected.activationScheme)
      let found =
        expected.activationScheme == .nonNegative
        ? [0, range.maximum] : [range.minimum, range.maximum]
      for (end, numpy) in zip(found, percentile.range) {
        #expect(Double(abs(end - numpy)) <= histogram.width, "\(percentile.share)")
      }
    }
  }

  // Sixteen bins a level are too coarse for the outlier's bulk, which is why it is left out.
  @Test(arguments: try cases.get().filter { $0.samples != "outlier" })
  func `mse finds a range whose error on the elements themselves is that of a fine grid's best`(
    expected: Case
  ) throws {
    let values = try Self.values(expected.samples)
    let scheme = expected.activationScheme
    let quantization = scheme.quantization(
      of: RangeMethod.mse.range(of: ValueHistogram(of: values), for: scheme))
    let error = values.reduce(0) { sum, value in
      let difference = Double(value - quantization.dequantize(quantization.quantize(value)))
      return sum + difference * difference
    }
    #expect(error / Double(values.count) <= 1.02 * expected.leastError)
  }

  @Test(arguments: try cases.get())
  func `the error over a histogram is close to that of the elements`(expected: Case) throws {
    let values = try Self.values(expected.samples)
    let histogram = ValueHistogram(of: values)
    let range = RangeMethod.percentile(99).range(of: histogram, for: expected.activationScheme)
    let quantization = expected.activationScheme.quantization(of: range)
    let error = values.reduce(0) { sum, value in
      let difference = Double(value - quantization.dequantize(quantization.quantize(value)))
      return sum + difference * difference
    }
    let found = SpreadBins(histogram).squaredError(of: quantization)
    #expect(abs(found - error) <= 0.05 * error)
  }

  @Test(arguments: try cases.get())
  func `entropy finds the window that whole distributions find`(expected: Case) throws {
    let range = RangeMethod.entropy
      .range(of: try Self.histogram(expected.samples), for: expected.activationScheme)
    #expect([range.minimum, range.maximum] == expected.entropy)
  }

  @Test func `minmax is the exact range`() throws {
    let values = try Self.values("skewed")
    let range = RangeMethod.minmax.range(of: ValueHistogram(of: values), for: .asymmetric)
    #expect(range.minimum == values.min() && range.maximum == values.max())
  }

  @Test(arguments: [RangeMethod.percentile(99.99), .mse, .entropy])
  func `one element 1000 times beyond millions is clamped`(method: RangeMethod) throws {
    var histogram = ValueHistogram(of: try Self.values("rectified"))
    for _ in 0..<20 { histogram.merge(histogram) }
    let largest = histogram.maximum
    histogram.merge(ValueHistogram(of: [1000 * largest]))
    let range = method.range(of: histogram, for: .nonNegative)
    // Entropy keeps at least one bin of the 2048 a level.
    let most = method == .entropy ? 256 * Float(histogram.width) : 1.5 * largest
    #expect(range.maximum >= 0.5 * largest && range.maximum <= most)
    #expect(range.maximum < 200 * largest)
  }

  @Test(arguments: [RangeMethod.mse, .entropy])
  func `what is spread evenly keeps its range`(method: RangeMethod) throws {
    let even = (0..<20_000).map { Float($0) / 20_000 }
    let range = method.range(of: ValueHistogram(of: even), for: .nonNegative)
    #expect(range.maximum > 0.995)
    let both = method.range(of: ValueHistogram(of: even.map { 2 * $0 - 1 }), for: .asymmetric)
    #expect(both.minimum < -0.99 && both.maximum > 0.99)
  }

  @Test(
    arguments: [RangeMethod.minmax, .percentile(50), .mse, .entropy],
    [[], [0, 0], [3], [-2, -2], [-5, -4], [0x1p-132], [4, 5]] as [[Float]])
  func `few elements have a range within theirs`(method: RangeMethod, values: [Float]) {
    for scheme in [ActivationScheme.nonNegative, .asymmetric] {
      if scheme == .nonNegative && values.contains(where: { $0 < 0 }) { continue }
      let range = method.range(of: ValueHistogram(of: values), for: scheme)
      let magnitude = values.map(abs).max() ?? 0
      #expect(range.magnitude <= magnitude)
      #expect(range.minimum >= min(values.min() ?? 0, 0))
      if method == .minmax { #expect(range.magnitude == magnitude) }
    }
  }

  @Test func `every percentile of 100 is the exact range`() throws {
    let histogram = try Self.histogram("tailed")
    let scheme = ActivationScheme.asymmetric
    let range = RangeMethod.percentile(100).range(of: histogram, for: scheme)
    #expect(
      scheme.quantization(of: range)
        == scheme.quantization(of: RangeMethod.minmax.range(of: histogram, for: scheme)))
  }
}
