import Quantization
import Tensors
import TestSupport
import Testing
import Tuning

@Suite struct RoundingCountsTests {
  @Test func `binary16 counts are what the compiler's conversions make of every exponent`() {
    Self.check(.float16) {
      Float(Float16($0))
    } isSubnormal: {
      Float16($0).isSubnormal
    }
  }

  @Test func `bfloat16 counts are what rounding makes of every exponent`() {
    Self.check(.bfloat16) {
      Float(BFloat16($0))
    } isSubnormal: {
      Float(BFloat16($0)).isSubnormal
    }
  }

  @Test func `zeros, padding of vectors and what is not finite are no losses`() {
    for count in [0, 1, 15, 16, 17] {
      var counts = RoundingCounts(to: .float16)
      counts.include([Float](repeating: 0, count: count).span)
      #expect(counts.count == count && counts.zeroCount == count)
      #expect(counts.underflowCount == 0 && counts.subnormalCount == 0 && counts.lossShare == 0)
    }
    var counts = RoundingCounts(to: .bfloat16)
    counts.include([.nan, .infinity, -.infinity, -2].span)
    #expect(counts.nonFiniteCount == 3 && counts.overflowCount == 0 && counts.largest == 2)
  }

  @Test func `parts merge to the counts of the whole`() {
    var generator = SeededGenerator(seed: 3)
    let values = (0..<1000).map { _ in
      Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &generator))
    }
    var (whole, first, second) = (
      RoundingCounts(to: .float16), RoundingCounts(to: .float16), RoundingCounts(to: .float16)
    )
    whole.include(values.span)
    first.include(Array(values[..<333]).span)
    second.include(Array(values[333...]).span)
    #expect(second.merged(with: first) == whole)
    #expect(whole.overflowCount > 0 && whole.underflowCount > 0 && whole.nonFiniteCount > 0)
  }

  /// Holds the counts of numbers of every exponent and of those around every limit against `round`.
  private static func check(
    _ precision: Precision, round: (Float) -> Float, isSubnormal: (Float) -> Bool
  ) {
    var generator = SeededGenerator(seed: 1)
    var values: [Float] = []
    for exponent in UInt32(0)...255 {
      for _ in 0..<20 {
        let fraction = UInt32.random(in: 0..<1 << 23, using: &generator)
        values.append(Float(bitPattern: exponent << 23 | fraction))
        values.append(-Float(bitPattern: exponent << 23 | fraction))
      }
    }
    for limit in [0x1p-25, 0x1p-24, 0x1p-14, 0x1p-14 - 0x1p-25, 65504, 65520, 65536] as [Float] {
      values += [limit, limit.nextDown, limit.nextUp]
    }
    for bits in [0x8000, 0x10000, 0x7F_8000, 0x80_0000, 0x7F7F_8000, 0x7F7F_0000] as [UInt32] {
      values += [bits - 1, bits, bits + 1].map { Float(bitPattern: $0) }
    }
    var counts = RoundingCounts(to: precision)
    counts.include(values.span)
    let finite = values.filter(\.isFinite)
    #expect(counts.count == values.count)
    #expect(counts.nonFiniteCount == values.count - finite.count)
    #expect(counts.overflowCount == finite.filter { round($0).isInfinite }.count)
    #expect(counts.underflowCount == finite.filter { $0 != 0 && round($0) == 0 }.count)
    #expect(counts.subnormalCount == finite.filter(isSubnormal).count)
    #expect(counts.zeroCount == finite.filter { $0 == 0 }.count)
    #expect(counts.largest == finite.map(abs).max())
  }
}
