import Quantization

extension Storage {
  /// The energy of the error that rounding numbers of this energy to it makes: evenly spread within
  /// half a step, which is a share of the number where numbers have exponents.
  func roundingEnergy(of energy: Double, elements: Int) -> Double {
    func relative(_ digits: Int) -> Double {
      let half = Double(sign: .plus, exponent: -digits, significand: 1)
      return energy * half * half / 3
    }
    switch self {
    case .float32: return relative(24)
    case .float16: return relative(11)
    case .bfloat16: return relative(8)
    case .quantized(let quantization):
      let step = Double(quantization.scale)
      return Double(elements) * step * step / 12
    }
  }
}
