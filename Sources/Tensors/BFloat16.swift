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
}
