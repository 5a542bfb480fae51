extension Float {
  /// The nearest number that binary16 can hold, ties to even: `Float(Float16(self))`, without a
  /// branch, so that loops over many numbers run in vector registers.
  ///
  /// Numbers beyond 65,504 become infinite from 65,520 on; NaN stays NaN.
  @inlinable public var roundedToFloat16: Float {
    let bits = bitPattern
    let magnitude = bits & 0x7FFF_FFFF
    // Normal numbers lose 13 bits of the fraction. Below 2^-14 the steps are 2^-24, as they are
    // for binary32 numbers from 0.5 to 1.
    let normal = (magnitude &+ 0xFFF &+ (magnitude >> 13 & 1)) & ~0x1FFF
    let subnormal = ((Float(bitPattern: magnitude) + 0.5) - 0.5).bitPattern
    let finite = magnitude < 0x3880_0000 ? subnormal : normal
    let bounded = finite >= 0x4780_0000 ? 0x7F80_0000 : finite
    let rounded = magnitude > 0x7F80_0000 ? magnitude : bounded
    return Float(bitPattern: rounded | bits & 0x8000_0000)
  }

  /// The bits of the nearest number that binary16 can hold: `Float16(self).bitPattern`, without a
  /// branch, so that loops over many numbers run in vector registers. NaN stays NaN.
  @inlinable public var binary16: UInt16 {
    let rounded = roundedToFloat16.bitPattern
    let magnitude = rounded & 0x7FFF_FFFF
    // Subnormal numbers are multiples of 2^-24, as are the fractions of numbers from 0.5 to 1.
    let subnormal = (Float(bitPattern: magnitude) + 0.5).bitPattern &- 0x3F00_0000
    let normal = (magnitude &- 0x3800_0000) >> 13
    let finite = magnitude < 0x3880_0000 ? subnormal : normal
    let special: UInt32 = magnitude > 0x7F80_0000 ? 0x7E00 : 0x7C00
    let value = magnitude >= 0x7F80_0000 ? special : finite
    return UInt16(truncatingIfNeeded: value | rounded >> 16 & 0x8000)
  }
}
