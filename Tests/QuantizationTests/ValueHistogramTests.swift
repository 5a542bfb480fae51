import Quantization
import TestSupport
import Testing

@Suite struct ValueHistogramTests {
  /// Values of a seed: normal-like, zeros among them, and a few far out.
  private static func values(_ count: Int, seed: UInt64, spread: Float = 1) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { index in
      if index % 3 == 0 { return index % 2 == 0 ? 0 : -0.0 }
      let sum = (0..<4).reduce(Float(0)) { sum, _ in
        sum + Float.random(in: -spread...spread, using: &generator)
      }
      return index % 101 == 100 ? sum * 50 : sum
    }
  }

  /// The counts by bin where bins are `2^exponent` wide, element by element.
  private static func counts(_ values: [Float], exponent: Int) -> [Int: UInt64] {
    let width = Double(sign: .plus, exponent: exponent, significand: 1)
    return values.reduce(into: [:]) {
      $0[Int((Double($1) / width).rounded(.down)), default: 0] += 1
    }
  }

  private static func expectExact(
    _ values: [Float], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let histogram = ValueHistogram(of: values)
    let expected = counts(values, exponent: histogram.widthExponent)
    let bins = histogram.bins
    #expect(Set(expected.keys).isSubset(of: bins), sourceLocation: sourceLocation)
    #expect(
      bins.allSatisfy { histogram[$0] == expected[$0] ?? 0 }, sourceLocation: sourceLocation)
    #expect(histogram.count == UInt64(values.count), sourceLocation: sourceLocation)
    let zeros = UInt64(values.count { $0 == 0 })
    #expect(histogram.zeroCount == zeros, sourceLocation: sourceLocation)
    #expect(histogram.minimum == values.min(), sourceLocation: sourceLocation)
    #expect(histogram.maximum == values.max(), sourceLocation: sourceLocation)
    #expect(bins.contains(0) && bins.count <= 2048, sourceLocation: sourceLocation)
    // Half the width would need too many bins, unless it would be below the smallest.
    if histogram.widthExponent > -126 {
      let finer = counts(values + [0], exponent: histogram.widthExponent - 1).keys
      #expect(
        (finer.max() ?? 0) - (finer.min() ?? 0) >= 2048, sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [1, 2, 15, 16, 17, 1023, 1024, 1025, 5000])
  func `every element is in the bin that its floor says, in the finest bins that fit`(count: Int) {
    Self.expectExact(Self.values(count, seed: UInt64(count)))
  }

  @Test(
    arguments: [
      [1], [-1], [0.5, 0.999_999_94], [2047.999_9], [2048], [-2048, 0], [-1, 1], [1 + 0x1p-23],
      [0x1p-149], [-0x1p-149], [0x1p-126, -0x1p-130], [.greatestFiniteMagnitude],
      [-.greatestFiniteMagnitude, .greatestFiniteMagnitude, 0x1p-149, -0x1p-149, 1, -1],
      [3e38, -0x1p-146, 0x1p-146], [1000, -0x1p-140, 0.1],
    ] as [[Float]])
  func `ends of bins and of binary32 fall where they belong`(values: [Float]) {
    Self.expectExact(values)
  }

  @Test func `the range grows with later elements, and only the elements count`() {
    let rising = (0..<3000).map { index -> Float in
      let square = Float(index * index)
      return index % 2 == 0 ? square * 1e-3 : square * -1e-5
    }
    Self.expectExact(rising)
    #expect(ValueHistogram(of: rising) == ValueHistogram(of: rising.reversed()))
  }

  @Test(arguments: 0..<8)
  func `merging parts in any order is filling in one go`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let values = Self.values(3000, seed: seed, spread: 2).shuffled(using: &generator)
    var cuts = (0..<5).map { _ in Int.random(in: 0...values.count, using: &generator) }
    cuts = ([0, values.count] + cuts).sorted()
    var parts = zip(cuts, cuts.dropFirst()).map { ValueHistogram(of: Array(values[$0..<$1])) }
    parts.shuffle(using: &generator)
    var merged = ValueHistogram()
    for part in parts { merged.merge(part) }
    #expect(merged == ValueHistogram(of: values))
    let pairs = stride(from: 0, to: parts.count, by: 2).map { index in
      var pair = parts[index]
      if index + 1 < parts.count { pair.merge(parts[index + 1]) }
      return pair
    }
    var nested = ValueHistogram()
    for pair in pairs.reversed() { nested.merge(pair) }
    #expect(nested == merged)
  }

  @Test func `a merge of far apart scales keeps all that it counted`() {
    var merged = ValueHistogram(of: [1e-30, -1e-30, 0x1p-149])
    merged.merge(ValueHistogram(of: [1e30]))
    #expect(merged == ValueHistogram(of: [1e30, 1e-30, 0x1p-149, -1e-30]))
    #expect(merged[0] == 2 && merged[-1] == 1 && merged.count == 4)
  }

  @Test func `elements that are not finite are counted beside the bins`() {
    var values = Self.values(2500, seed: 3)
    let clean = ValueHistogram(of: values)
    values.insert(.nan, at: 0)
    values.insert(.infinity, at: 1200)
    values.append(-.infinity)
    let histogram = ValueHistogram(of: values)
    #expect(histogram.nonFiniteCount == 3)
    #expect(histogram.count == clean.count && histogram.bins == clean.bins)
    #expect(histogram.zeroCount == clean.zeroCount && clean.zeroCount > 800)
    #expect(histogram.bins.allSatisfy { histogram[$0] == clean[$0] })
    #expect(histogram.minimum == clean.minimum && histogram.maximum == clean.maximum)
    let none = ValueHistogram(of: [.nan])
    #expect(none.nonFiniteCount == 1 && none.count == 0 && none.minimum == 0 && none.maximum == 0)
  }

  @Test func `the range of what is far from 0 is exact, after elements that are not finite too`() {
    var histogram = ValueHistogram(of: [.infinity])
    histogram.merge(ValueHistogram(of: [7, 5]))
    #expect(histogram.minimum == 5 && histogram.maximum == 7)
    let mixed = ValueHistogram(of: [Float](repeating: .nan, count: 1024) + [5, 6])
    #expect(mixed.minimum == 5 && mixed.maximum == 6)
  }

  @Test func `zero has one sign, and nothing has no elements`() {
    #expect(ValueHistogram(of: [-0.0]) == ValueHistogram(of: [0]))
    #expect(ValueHistogram(of: [-0.0]).minimum.sign == .plus)
    #expect(ValueHistogram(of: []) == ValueHistogram())
    #expect(ValueHistogram().count == 0)
  }
}
