public import Quantization
import Tensors

/// What becomes of numbers that are rounded to binary16 or bfloat16, to nearest with ties to even:
/// how many overflow, underflow or lose bits of their fraction.
public struct RoundingCounts: Sendable, Hashable {
  /// fp16 or bf16.
  public let precision: Precision
  /// The number of elements.
  public private(set) var count = 0
  /// How many were infinite or not a number before they were rounded.
  public private(set) var nonFiniteCount = 0
  /// How many become infinite.
  public private(set) var overflowCount = 0
  /// How many become 0 that were not.
  public private(set) var underflowCount = 0
  /// How many become subnormal, with fewer bits the smaller they are.
  public private(set) var subnormalCount = 0
  /// How many were 0.
  public private(set) var zeroCount = 0
  /// The largest finite magnitude; 0 where there is none.
  public private(set) var largest: Float = 0

  /// Counts of nothing; `precision` must be fp16 or bf16.
  public init(to precision: Precision) {
    precondition(precision == .float16 || precision == .bfloat16, "\(precision)")
    self.precision = precision
  }

  /// The share that becomes 0 or subnormal of the elements that were not 0; 0 where all were.
  public var lossShare: Double {
    Double(underflowCount + subnormalCount) / Double(max(count - zeroCount, 1))
  }

  /// Counts every element of `values`.
  public mutating func include(_ values: Span<Float>) {
    let limits = Limits(precision)
    var (infinite, beyond, small, tiny, zeros) = (
      Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero
    )
    var highest = Lanes.zero
    for index in stride(from: 0, to: values.count, by: 16) {
      // Magnitudes have the order of their bits.
      let bits = unsafe unsafeBitCast(
        values.vector(at: index, count: values.count - index), to: Lanes.self)
      let magnitudes = bits & 0x7FFF_FFFF
      infinite.replace(with: infinite &+ 1, where: magnitudes .>= Limits.infinity)
      beyond.replace(with: beyond &+ 1, where: magnitudes .>= limits.overflow)
      small.replace(with: small &+ 1, where: magnitudes .< limits.normal)
      tiny.replace(with: tiny &+ 1, where: magnitudes .<= limits.zero)
      zeros.replace(with: zeros &+ 1, where: magnitudes .== 0)
      highest.replace(
        with: magnitudes,
        where: magnitudes .> highest .& (magnitudes .< Limits.infinity))
    }
    // The last vector ends in zeros that are no elements.
    let padding = -values.count & 15
    let (nonFinite, zero) = (infinite.total, zeros.total - padding)
    count += values.count
    nonFiniteCount += nonFinite
    overflowCount += beyond.total - nonFinite
    subnormalCount += small.total - tiny.total
    underflowCount += tiny.total - padding - zero
    zeroCount += zero
    largest = max(largest, Float(bitPattern: UInt32(highest.max())))
  }

  /// What both counted; `other` must be of the same precision.
  public func merged(with other: RoundingCounts) -> RoundingCounts {
    precondition(precision == other.precision, "\(precision) and \(other.precision)")
    var sum = self
    sum.count += other.count
    sum.nonFiniteCount += other.nonFiniteCount
    sum.overflowCount += other.overflowCount
    sum.underflowCount += other.underflowCount
    sum.subnormalCount += other.subnormalCount
    sum.zeroCount += other.zeroCount
    sum.largest = max(largest, other.largest)
    return sum
  }
}

private typealias Lanes = SIMD16<Int32>

extension SIMD16<Int32> {
  fileprivate var total: Int { indices.reduce(0) { $0 + Int(self[$1]) } }
}

/// The bits of the magnitudes between which rounding does one thing or another.
private struct Limits {
  /// The smallest magnitude that becomes infinite.
  let overflow: Int32
  /// The smallest magnitude that becomes a normal number.
  let normal: Int32
  /// The largest magnitude that becomes 0.
  let zero: Int32

  static let infinity: Int32 = 0x7F80_0000

  init(_ precision: Precision) {
    func bits(_ magnitude: Float) -> Int32 { Int32(bitPattern: magnitude.bitPattern) }
    if precision == .float16 {
      overflow = bits(65520)
      normal = bits(0x1p-14 - 0x1p-25)
      zero = bits(0x1p-25)
    } else {
      (overflow, normal, zero) = (0x7F7F_8000, 0x007F_8000, 0x0000_8000)
    }
  }
}
