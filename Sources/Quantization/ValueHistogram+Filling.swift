import Tensors

extension ValueHistogram {
  private typealias Lanes = SIMD16<Float>

  /// How many elements are looked at twice, for their range and for their bins, before the next
  /// ones: few enough to stay in the first-level cache with the tables.
  private static let blockCount = 1024

  /// Counts every element of `values`.
  public mutating func include(_ values: Span<Float>) {
    unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * Self.capacity) { tables in
      unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.blockCount) { places in
        unsafe tables.initialize(repeating: 0)
        unsafe places.initialize(repeating: 0)
        var (isFirst, pending) = (count == 0, 0)
        for start in stride(from: 0, to: values.count, by: Self.blockCount) {
          let block = values.extracting(start..<min(start + Self.blockCount, values.count))
          guard let (low, high) = Self.finiteRange(of: block) else {
            unsafe collect(tables)
            includeFinite(of: block)
            isFirst = isFirst && count == 0
            continue
          }
          includeRange(from: low, to: high, isFirst: isFirst)
          isFirst = false
          if !holds(low, high) || pending > Int(UInt32.max) - Self.blockCount {
            unsafe collect(tables)
            pending = 0
            widen(toHold: low, high)
          }
          unsafe count(block, into: tables, places)
          pending += block.count
        }
        unsafe collect(tables)
      }
    }
  }

  /// Counts the finite elements of `values` into the bins, and the others beside them.
  private mutating func includeFinite(of values: Span<Float>) {
    let finite = values.indices.map { values[$0] }.filter(\.isFinite)
    nonFiniteCount += UInt64(values.count - finite.count)
    include(finite.span)
  }

  /// The smallest and the largest element; nil where one is infinite or not a number.
  private static func finiteRange(of values: Span<Float>) -> (Float, Float)? {
    var (low, high) = (Lanes(repeating: values[0]), Lanes(repeating: values[0]))
    // 0 unless an element is not finite.
    var products = Lanes.zero
    let whole = values.count & ~15
    for index in stride(from: 0, to: whole, by: 16) {
      let lanes = values.vector(at: index)
      low.replace(with: lanes, where: lanes .< low)
      high.replace(with: lanes, where: lanes .> high)
      products += lanes * 0
    }
    var (minimum, maximum, product) = (low.min(), high.max(), products.sum())
    for index in whole..<values.count {
      minimum = min(minimum, values[index])
      maximum = max(maximum, values[index])
      product += values[index] * 0
    }
    return product == 0 ? (minimum, maximum) : nil
  }

  /// Whether elements from `low` to `high` fall into bins in use.
  private func holds(_ low: Float, _ high: Float) -> Bool {
    Double(low) >= Double(bins.lowerBound) * width && Double(high) < Double(bins.upperBound) * width
  }

  /// Counts `values`, which fall into bins in use, into two tables in turns, since adding to one
  /// number again and again waits for memory.
  private mutating func count(
    _ values: Span<Float>, into tables: UnsafeMutableBufferPointer<UInt32>,
    _ places: UnsafeMutableBufferPointer<Int32>
  ) {
    let width = Lanes(repeating: Float(self.width))
    let inverse = Lanes(repeating: Float(1 / self.width))
    // Adding 1.5 · 2^23 leaves no bits for a fraction, and the whole number in the lowest ones.
    let whole = Lanes(repeating: 0x1.8p23)
    // The last vector ends in zeros that are no elements.
    var zeros = SIMD16<Int32>.zero
    zeros[15] = -Int32(-values.count & 15)
    for index in stride(from: 0, to: values.count, by: 16) {
      let lanes = values.vector(at: index, count: values.count - index)
      let shifted = lanes * inverse + whole
      zeros.replace(with: zeros &+ 1, where: lanes .== 0)
      var bin = unsafe unsafeBitCast(shifted, to: SIMD16<Int32>.self)
      bin.replace(with: bin &- 1, where: (shifted - whole) * width .> lanes)
      unsafe UnsafeMutableRawBufferPointer(places).storeBytes(
        of: bin & Int32(Self.capacity - 1), toByteOffset: 4 * index, as: SIMD16<Int32>.self)
    }
    zeroCount += UInt64(zeros.wrappedSum())
    for index in stride(from: 0, to: values.count - 1, by: 2) {
      unsafe tables[Int(places[index])] &+= 1
      unsafe tables[Self.capacity + Int(places[index + 1])] &+= 1
    }
    guard values.count % 2 == 1 else { return }
    unsafe tables[Int(places[values.count - 1])] &+= 1
  }

  /// Moves what the tables counted into the bins.
  private mutating func collect(_ tables: UnsafeMutableBufferPointer<UInt32>) {
    for slot in 0..<Self.capacity {
      unsafe slots[slot] += UInt64(tables[slot]) + UInt64(tables[slot + Self.capacity])
    }
    unsafe tables.update(repeating: 0)
  }
}
