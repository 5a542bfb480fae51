/// The elements of a tensor that are infinite or not a number.
public struct NonFinite: Sendable, Hashable {
  /// How many there are, at least 1.
  public let count: Int

  /// The index of the first, row-major.
  public let firstIndex: Int

  /// So many elements, of which this is the first.
  public init(count: Int, firstIndex: Int) {
    self.count = count
    self.firstIndex = firstIndex
  }
}

extension Tensor {
  /// The elements that are infinite or not a number; nil where every one is finite, as integers are.
  public var nonFinite: NonFinite? {
    switch elementType {
    case .float64: nonFinite(exponent: 0x7FF0_0000_0000_0000 as UInt64)
    case .float32: nonFinite(exponent: 0x7F80_0000 as UInt32)
    case .bfloat16: nonFinite(exponent: 0x7F80 as UInt16)
    case .float16: nonFinite(exponent: 0x7C00 as UInt16)
    default: nil
    }
  }

  /// The elements whose bits under `exponent` are all set.
  private func nonFinite<Bits: FixedWidthInteger & BitwiseCopyable>(
    exponent: Bits
  ) -> NonFinite? {
    bytes.withBytes { bytes in
      unsafe bytes.withUnsafeBytes { raw in
        guard let start = raw.baseAddress else { return nil }
        func isSpecial(_ index: Int) -> Bool {
          let bits = unsafe start.loadUnaligned(
            fromByteOffset: index &* MemoryLayout<Bits>.size, as: Bits.self)
          return bits & exponent == exponent
        }
        var count = 0
        for index in 0..<shape.elementCount { count &+= isSpecial(index) ? 1 : 0 }
        guard count > 0 else { return nil }
        return (0..<shape.elementCount).first(where: isSpecial).map {
          NonFinite(count: count, firstIndex: $0)
        }
      }
    }
  }
}
