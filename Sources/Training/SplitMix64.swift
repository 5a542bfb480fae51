/// Random numbers that are the same on every machine (Steele, Lea, Flood, *Fast Splittable
/// Pseudorandom Number Generators*, OOPSLA 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// The numbers that follow from `seed`.
  public init(seed: UInt64) { state = seed }

  /// The numbers of one clip of a training: those of any two places have nothing in common.
  public init(seed: UInt64, step: Int, position: Int) {
    var mixed = SplitMix64(seed: seed)
    for number in [step, position] {
      mixed = SplitMix64(seed: mixed.next() ^ UInt64(truncatingIfNeeded: number))
    }
    self = mixed
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 up to 1, of 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number of `range`.
  public mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + uniform() * (range.upperBound - range.lowerBound)
  }

  /// A whole number of `range`.
  public mutating func integer(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }
}
