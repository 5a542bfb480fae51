extension Tensor {
  /// How many elements are worth converting at once: few enough for a processor's cache.
  public static let blockCount = 8192

  /// The elements in `range`, row-major, as binary64 numbers; booleans are 0 and 1.
  ///
  /// Exact for every type but 64-bit integers beyond 2^53, which are rounded.
  public func numbers(in range: Range<Int>) -> [Double] {
    switch elementType {
    case .bool, .uint8: numbers(in: range) { (value: UInt8) in Double(value) }
    case .int8: numbers(in: range) { (value: Int8) in Double(value) }
    case .int16: numbers(in: range) { (value: Int16) in Double(value) }
    case .uint16: numbers(in: range) { (value: UInt16) in Double(value) }
    case .int32: numbers(in: range) { (value: Int32) in Double(value) }
    case .uint32: numbers(in: range) { (value: UInt32) in Double(value) }
    case .int64: numbers(in: range) { (value: Int64) in Double(value) }
    case .uint64: numbers(in: range) { (value: UInt64) in Double(value) }
    case .float16: numbers(in: range) { (bits: UInt16) in Double(Float(binary16: bits)) }
    case .bfloat16:
      numbers(in: range) { (bits: UInt16) in Double(Float(BFloat16(bitPattern: bits))) }
    case .float32: numbers(in: range) { (value: Float) in Double(value) }
    case .float64: numbers(in: range) { (value: Double) in value }
    }
  }

  @inline(__always)
  private func numbers<Value: BitwiseCopyable>(
    in range: Range<Int>, _ number: (Value) -> Double
  ) -> [Double] {
    let width = elementType.byteCount
    return bytes.withBytes(in: width * range.lowerBound..<width * range.upperBound) { bytes in
      bytes.values(range.count, number)
    }
  }
}
