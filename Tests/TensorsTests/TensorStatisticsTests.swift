import Tensors
import Testing

@Suite struct TensorStatisticsTests {
  private func tensor(_ values: [Float]) -> Tensor {
    Tensor(FloatTensor(shape: [values.count], values: values))
  }

  @Test
  func `statistics are those of the definitions, for every number of elements around a block's`() {
    for count in [1, 7, 8, 9, 8191, 8192, 8193, 16_390] {
      let values = (0..<count).map { Float(($0 * 37) % 101) - 50 }
      let numbers = values.map(Double.init)
      let mean = numbers.reduce(0, +) / Double(count)
      let variance = numbers.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(count)
      let found = TensorStatistics(of: tensor(values))
      #expect(found.minimum == numbers.min() && found.maximum == numbers.max())
      #expect(abs(found.mean - mean) < 1e-11)
      #expect(abs(found.standardDeviation - variance.squareRoot()) < 1e-11)
      #expect(found.zeroCount == values.count { $0 == 0 })
      #expect(found.finiteCount == count && found.nonFinite == nil)
    }
  }

  @Test func `a large mean does not drown a small deviation`() {
    let found = TensorStatistics(of: tensor([16_777_214, 16_777_215, 16_777_216]))
    #expect(found.mean == 16_777_215)
    #expect(abs(found.standardDeviation - (2.0 / 3).squareRoot()) < 1e-12)
  }

  @Test func `what is not finite is counted and left out of the rest`() {
    let found = TensorStatistics(of: tensor([1, .nan, 3, .infinity, -.infinity, 0]))
    #expect(found.nonFinite == NonFinite(count: 3, firstIndex: 1))
    #expect((found.minimum, found.maximum, found.zeroCount) == (0, 3, 1))
    #expect(found.finiteCount == 3 && abs(found.mean - 4.0 / 3) < 1e-15)
  }

  @Test func `a tensor of nothing, or of nothing finite, has no smallest element`() {
    for values in [[], [.nan]] as [[Float]] {
      let found = TensorStatistics(of: tensor(values))
      #expect(found.finiteCount == 0 && found.minimum == .infinity && found.mean == 0)
      #expect(found.standardDeviation == 0)
    }
  }

  @Test func `joined statistics are those of all elements`() {
    let (first, second) = ([1, 2, .nan] as [Float], [0, 5, 9, .infinity] as [Float])
    var joined = TensorStatistics(of: tensor(first))
    joined.include(TensorStatistics(of: tensor(second)))
    let whole = TensorStatistics(of: tensor(first + second))
    #expect(abs(joined.mean - whole.mean) < 1e-15)
    #expect(abs(joined.standardDeviation - whole.standardDeviation) < 1e-14)
    #expect((joined.minimum, joined.maximum, joined.zeroCount) == (0, 9, 1))
    #expect(joined.nonFinite == whole.nonFinite)
  }

  @Test func `every type of element becomes the same numbers`() {
    func numbers<Bits: FixedWidthInteger & BitwiseCopyable>(
      _ bits: [Bits], _ type: ElementType
    ) -> [Double] {
      Tensor(bitPatterns: bits, elementType: type, shape: [bits.count]).numbers(in: 1..<3)
    }
    #expect(numbers([9, 0, 1] as [UInt8], .bool) == [0, 1])
    #expect(numbers([9, 0, 255] as [UInt8], .uint8) == [0, 255])
    #expect(numbers([9, -1, 127] as [Int8], .int8) == [-1, 127])
    #expect(numbers([9, -2, 300] as [Int16], .int16) == [-2, 300])
    #expect(numbers([9, 2, 65_535] as [UInt16], .uint16) == [2, 65_535])
    #expect(numbers([9, -3, 70_000] as [Int32], .int32) == [-3, 70_000])
    #expect(numbers([9, 3, .max] as [UInt32], .uint32) == [3, 4_294_967_295])
    #expect(numbers([9, -4, 1 << 53] as [Int64], .int64) == [-4, 0x1p53])
    #expect(numbers([9, 4, 1 << 63] as [UInt64], .uint64) == [4, 0x1p63])
    #expect(numbers([9, 0x3C00, 0x8001] as [UInt16], .float16) == [1, -0x1p-24])
    #expect(numbers([9, 0x3F80, 0xC000] as [UInt16], .bfloat16) == [1, -2])
    #expect(numbers([9, 0x3F80_0000, 1] as [UInt32], .float32) == [1, 0x1p-149])
    #expect(numbers([9, 0x3FF0_0000_0000_0000, 1] as [UInt64], .float64) == [1, 0x1p-1074])
  }
}
