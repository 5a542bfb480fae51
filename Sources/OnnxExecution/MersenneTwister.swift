/// The generator MT19937 of Matsumoto and Nishimura, "Mersenne Twister" (1998), seeded by one word
/// as in their code of 2002: what NumPy's `numpy.random.seed` and `uniform` give.
struct MersenneTwister {
  private var state: [UInt32]
  private var position: Int

  /// The generator behind `seed`.
  init(seed: UInt32) {
    state = [seed]
    for index in 1..<624 as Range<UInt32> {
      let last = state[state.count - 1]
      state.append(1_812_433_253 &* (last ^ last >> 30) &+ index)
    }
    position = state.count
  }

  /// The next number of [0, 1), with 53 random bits.
  mutating func next() -> Double {
    let (upper, lower) = (word() >> 5, word() >> 6)
    return (Double(upper) * 0x1p26 + Double(lower)) * 0x1p-53
  }

  private mutating func word() -> UInt32 {
    if position == state.count { renew() }
    var word = state[position]
    position += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C_5680
    word ^= word << 15 & 0xEFC6_0000
    return word ^ word >> 18
  }

  private mutating func renew() {
    let count = state.count
    for index in 0..<count {
      let joined = state[index] & 0x8000_0000 | state[(index + 1) % count] & 0x7FFF_FFFF
      let twisted = joined >> 1 ^ (joined & 1 == 0 ? 0 : 0x9908_B0DF)
      state[index] = state[(index + 397) % count] ^ twisted
    }
    position = 0
  }
}
