/// The upper half of a binary32 number: 8 exponent bits, 7 fraction bits ("bfloat16").
public struct BFloat16: Hashable, Sendable {
  /// The 16 bits: sign, exponent, fraction.
  public let bitPattern: UInt16

  /// The number with these bits.
  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// Rounds to the nearest representable number, ties to the even fraction; NaN stays NaN.
  public init(_ value: Float) {
    let bits = value.bitPattern
    guard !value.isNaN else {
      bitPattern = UInt16(truncatingIfNeeded: bits >> 16) | 0x0040
      return
    }
    let rounding = 0x7FFF + (bits >> 16 & 1)
    bitPattern = UInt16(truncatingIfNeeded: (bits &+ rounding) >> 16)
  }
}

extension Float {
  /// The same number in binary32; exact.
  public init(_ value: BFloat16) { self.init(bitPattern: UInt32(value.bitPattern) << 16) }

  /// The nearest number that bfloat16 can hold, ties to even: `Float(BFloat16(self))`, without a
  /// branch, so that loops over many numbers run in vector registers.
  @inlinable public var roundedToBFloat16: Float {
    let bits = bitPattern
    let rounded = (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000
    let isNaN = bits & 0x7FFF_FFFF > 0x7F80_0000
    return Float(bitPattern: isNaN ? (bits | 0x0040_0000) & 0xFFFF_0000 : rounded)
  }
}
