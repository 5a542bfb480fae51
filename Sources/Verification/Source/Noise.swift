import Tensors

/// Numbers that look random and are the same in every run: SplitMix64 (Steele, Lea, Flood, *Fast
/// Splittable Pseudorandom Number Generators*, 2014).
struct Noise {
  private var state: UInt64

  /// A sequence for `seed`.
  init(seed: UInt64) { state = seed }

  /// A tensor of numbers from 0 to 1.
  mutating func tensor(_ shape: Shape) -> FloatTensor {
    var values = [Float](repeating: 0, count: shape.elementCount)
    for index in values.indices { values[index] = Float(next() >> 40) * 0x1p-24 }
    return FloatTensor(shape: shape, values: values)
  }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}
