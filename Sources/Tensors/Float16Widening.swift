extension Float {
  /// The number whose binary16 bits are `bits`: `Float(Float16(bitPattern: bits))`, without a
  /// branch, so that loops over many numbers run in vector registers.
  @inlinable public init(binary16 bits: UInt16) {
    let magnitude = UInt32(bits & 0x7FFF) << 13
    // The exponent of binary32 is biased by 112 more; a subnormal number lacks the leading 1, which
    // is added as 2^-14 and taken off again.
    let normal = magnitude &+ 0x3800_0000
    let subnormal = (Float(bitPattern: magnitude &+ 0x3880_0000) - 0x1p-14).bitPattern
    let special = magnitude | (magnitude == 0x0F80_0000 ? 0x7F80_0000 : 0x7FC0_0000)
    let finite = magnitude < 0x0080_0000 ? subnormal : normal
    let value = magnitude >= 0x0F80_0000 ? special : finite
    self.init(bitPattern: value | UInt32(bits & 0x8000) << 16)
  }
}
