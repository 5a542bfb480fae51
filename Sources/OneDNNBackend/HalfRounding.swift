extension UnsafeMutableBufferPointer<UInt32> {
  /// Rounds binary32 numbers, given as bits, to binary16 and back: to nearest, ties to even.
  ///
  /// The same as `Float(Float16(x))` for every number; NaN stays NaN. Free of branches, so that
  /// the loop becomes vector instructions: oneDNN's own reorder to binary16 takes an element at a
  /// time.
  func roundToHalf() {
    for index in indices {
      let bits = unsafe self[index]
      let magnitude = bits & 0x7FFF_FFFF
      // 13 bits of fraction go; a carry into the exponent is what rounding up means.
      let rounded = (magnitude &+ 0x0FFF &+ (magnitude >> 13 & 1)) & 0xFFFF_E000
      let finite = rounded >= 0x4780_0000 ? 0x7F80_0000 : rounded
      let normal = magnitude > 0x7F80_0000 ? (magnitude | 0x0040_0000) & 0xFFFF_E000 : finite
      // Below 2^-14 binary16 counts in steps of 2^-24, as binary32 does from 1/2 to 1.
      let subnormal = (Float(bitPattern: magnitude) + 0.5 - 0.5).bitPattern
      unsafe self[index] =
        bits & 0x8000_0000 | (magnitude < 0x3880_0000 ? subnormal : normal)
    }
  }
}
