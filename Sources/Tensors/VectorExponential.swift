extension SIMD16 where Scalar == Float {
  /// The exponential `e^x` of each number, in vector registers.
  ///
  /// At most 1 unit in the last place from the exact value, that of subnormal numbers below 2^-126.
  /// Exactly 1 at 0, exactly 0 from -104 down, infinite above 88.73; NaN stays NaN. After Cody and
  /// Waite, *Software Manual for the Elementary Functions* (1980): `e^x = 2^n · e^r` with a whole
  /// `n` and `|r| <= ln 2 / 2`, and a polynomial for `e^r`, that of Cephes.
  @inlinable
  public func exponential() -> SIMD16<Float> {
    typealias Vector = SIMD16<Float>
    var x = self
    x.replace(with: -104, where: x .< -104)
    x.replace(with: 89, where: x .> 89)
    // Adding 1.5 · 2^23 leaves no bits for a fraction, and the whole number in the lowest ones.
    let whole = Vector(repeating: 0x1.8p23)
    let shifted = x * 1.442_695_04 + whole
    let n = shifted - whole
    // The high part of ln 2 has 9 bits, so that its product with n is exact.
    let r = x - n * 0.693_359_375 + n * 2.121_944_4e-4
    var p = r * 1.987_569_15e-4 + 1.398_199_95e-3
    p = p * r + 8.333_451_9e-3
    p = p * r + 4.166_579_6e-2
    p = p * r + 1.666_666_55e-1
    p = p * r + 5.000_000_1e-1
    let y = p * (r * r) + r + 1
    // Two powers of two, since binary32 holds neither 2^-150 nor 2^128.
    let exponent =
      unsafe unsafeBitCast(shifted, to: SIMD16<Int32>.self)
      &- unsafeBitCast(whole, to: SIMD16<Int32>.self)
    let half = exponent &>> 1
    let low = unsafe unsafeBitCast((half &+ 127) &<< 23, to: Vector.self)
    let high = unsafe unsafeBitCast((exponent &- half &+ 127) &<< 23, to: Vector.self)
    return y * low * high
  }
}
