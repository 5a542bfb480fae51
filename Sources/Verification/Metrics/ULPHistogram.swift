import Quantization
import Tensors

/// How many units in the last place lie between the reference's elements and the candidate's, once
/// both are held as the candidate holds the value: neighbouring binary32, binary16 or bfloat16
/// numbers, or 8-bit integers, are 1 apart.
public struct ULPHistogram: Sendable, Hashable {
  /// How many elements lie in each bin: 0 apart, 1, 2, up to 4, up to 8, and so on, each bin up to
  /// twice as many as the one before. Elements that are not finite lie in none.
  public private(set) var counts = [Int](repeating: 0, count: 34)

  /// The histogram of nothing.
  public init() {}

  /// The largest distance that bin number `bin` holds.
  public static func upperBound(of bin: Int) -> Int { bin == 0 ? 0 : 1 << (bin - 1) }

  /// The bins up to the last that holds an element.
  public var occupied: ArraySlice<Int> {
    counts[...(counts.lastIndex { $0 > 0 } ?? 0)]
  }

  /// Adds what `other` was told of.
  mutating func include(_ other: ULPHistogram) {
    for bin in counts.indices { counts[bin] += other.counts[bin] }
  }

  /// Adds elements that the candidate holds as `storage` says.
  mutating func include(reference: Span<Float>, candidate: Span<Float>, in storage: Storage) {
    switch storage {
    case .float32: count(reference, candidate) { $0.ordinal }
    case .float16: count(reference, candidate) { Int($0.roundedToFloat16.binary16.signedOrdinal) }
    case .bfloat16: count(reference, candidate) { $0.roundedToBFloat16.ordinal >> 16 }
    case .quantized(let quantization):
      let (scale, zeroPoint) = (quantization.scale, Int(quantization.zeroPoint))
      let (low, high) = (
        Int(quantization.range.lowerBound), Int(quantization.range.upperBound)
      )
      count(reference, candidate) {
        min(max(($0 / scale).roundedWithin512 + zeroPoint, low), high)
      }
    }
  }

  @inline(__always)
  private mutating func count(
    _ reference: Span<Float>, _ candidate: Span<Float>, _ ordinal: (Float) -> Int
  ) {
    var target = counts.mutableSpan
    for index in reference.indices {
      let (r, c) = (reference[index], candidate[index])
      guard (r - r) + (c - c) == 0 else { continue }
      let distance = UInt64(bitPattern: Int64(abs(ordinal(c) - ordinal(r))))
      let bin = distance == 0 ? 0 : 65 - (distance - 1).leadingZeroBitCount
      target[bin] += 1
    }
  }
}

extension Float {
  /// The number's place among all binary32 numbers, 0 for zero of either sign.
  fileprivate var ordinal: Int {
    let magnitude = Int(bitPattern & 0x7FFF_FFFF)
    return bitPattern >> 31 == 0 ? magnitude : -magnitude
  }

  /// The nearest whole number, ties to even, of the nearest number from -512 to 512: adding
  /// 1.5 * 2^23 leaves no digits behind the point.
  fileprivate var roundedWithin512: Int {
    let bounded = Swift.min(Swift.max(self, -512), 512)
    return Int(Int32(bitPattern: (bounded + 12_582_912).bitPattern) &- 0x4B40_0000)
  }
}

extension UInt16 {
  /// The place among all binary16 numbers of the one with these bits, 0 for zero of either sign.
  fileprivate var signedOrdinal: Int {
    let magnitude = Int(self & 0x7FFF)
    return self >> 15 == 0 ? magnitude : -magnitude
  }
}
