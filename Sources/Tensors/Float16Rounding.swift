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
}
