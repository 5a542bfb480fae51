/// How often a value's elements fell into each of at most 2048 bins, and their exact range.
///
/// Bin `i` counts the elements `x` with `floor(x / width) = i`. The bins in use are those from the
/// smallest element to the largest, and bin 0; the width is the smallest power of two, at least
/// 2^-126, that makes them at most ``capacity``. Where an element needs a wider range, the width
/// doubles and bins merge in pairs (`i >> 1`), which is exact. So what is counted depends only on
/// which elements there were: neither on their order nor on how they were split among histograms
/// that were merged.
public struct ValueHistogram: Sendable, Hashable {
  /// The most bins that a histogram has.
  public static let capacity = 2048

  /// The exponents of 2 that a width may have.
  static let widthExponents = -126...118

  /// The most elements that a file may count in a bin, so that no sum of bins or files overflows.
  static let mostCounted = 1 << 52

  /// The smallest finite element; 0 where there is none.
  public internal(set) var minimum: Float = 0
  /// The largest finite element; 0 where there is none.
  public internal(set) var maximum: Float = 0
  /// The number of elements that were infinite or not a number; the bins do not have them.
  public internal(set) var nonFiniteCount: UInt64 = 0
  /// The number of elements that were 0, of those in bin 0: they are exact however 8 bits hold them.
  public internal(set) var zeroCount: UInt64 = 0
  /// The bins in use, of which one is bin 0.
  public internal(set) var bins: Range<Int> = 0..<1
  /// The power of 2 that the width of a bin is.
  public internal(set) var widthExponent = widthExponents.lowerBound

  // Bin i is at i modulo the capacity, so that neighbours never move while the range grows.
  var slots = [UInt64](repeating: 0, count: capacity)

  /// A histogram of nothing.
  public init() {}

  /// A histogram of `values`.
  public init(of values: [Float]) { include(values.span) }

  /// The number of finite elements.
  public var count: UInt64 { slots.reduce(0, +) }

  /// The width of a bin: bin `i` holds the numbers from `i * width` to just below
  /// `(i + 1) * width`.
  public var width: Double { Self.power(widthExponent) }

  /// The number of elements in bin `bin`; 0 for one that is not in use.
  public subscript(bin: Int) -> UInt64 { bins.contains(bin) ? slots[Self.slot(bin)] : 0 }

  /// Adds what `other` counted.
  public mutating func merge(_ other: ValueHistogram) {
    nonFiniteCount += other.nonFiniteCount
    zeroCount += other.zeroCount
    let count = other.count
    guard count > 0 else { return }
    widen(to: other.bins, of: other.widthExponent)
    let shift = widthExponent - other.widthExponent
    for bin in other.bins { slots[Self.slot(bin >> shift)] += other.slots[Self.slot(bin)] }
    includeRange(from: other.minimum, to: other.maximum, isFirst: self.count == count)
  }

  /// Widens the exact range; `isFirst` says that no other finite element was counted before.
  mutating func includeRange(from low: Float, to high: Float, isFirst: Bool) {
    // Adding 0 makes -0 0, whichever came first.
    minimum = (isFirst ? low : min(minimum, low)) + 0
    maximum = (isFirst ? high : max(maximum, high)) + 0
  }

  /// Makes room for elements from `low` to `high`.
  mutating func widen(toHold low: Float, _ high: Float) {
    let magnitude = max(abs(low), abs(high))
    // A larger exponent of the width leaves the magnitude's bin below 2^11, and so within an Int.
    let exponent = max(widthExponent, magnitude > 0 ? Int(magnitude.exponent) - 10 : widthExponent)
    let width = Self.power(exponent)
    let (first, last) = (
      (Double(low) / width).rounded(.down), (Double(high) / width).rounded(.down)
    )
    widen(to: min(Int(first), 0)..<max(Int(last), 0) + 1, of: exponent)
  }

  /// Makes room for `others`, which are bins of width `2^exponent`.
  private mutating func widen(to others: Range<Int>, of exponent: Int) {
    var widened = max(exponent, widthExponent)
    func union(_ target: Int) -> Range<Int> {
      let (mine, theirs) = (target - widthExponent, target - exponent)
      let last = max((bins.upperBound - 1) >> mine, (others.upperBound - 1) >> theirs)
      return min(bins.lowerBound >> mine, others.lowerBound >> theirs)..<last + 1
    }
    while union(widened).count > Self.capacity { widened += 1 }
    let united = union(widened)
    let shift = widened - widthExponent
    if shift > 0 {
      var merged = [UInt64](repeating: 0, count: Self.capacity)
      for bin in bins { merged[Self.slot(bin >> shift)] += slots[Self.slot(bin)] }
      slots = merged
    }
    (bins, widthExponent) = (united, widened)
  }

  /// Where bin `bin` is.
  static func slot(_ bin: Int) -> Int { bin & (capacity - 1) }

  /// `2^exponent`, exactly.
  static func power(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
