extension Tensor {
  /// The elements as integers of the same width, whatever their type.
  ///
  /// The width of `Value` must be that of the element type.
  public func bitPatterns<Value: FixedWidthInteger & BitwiseCopyable>(as: Value.Type) -> [Value] {
    precondition(Value.bitWidth == 8 * elementType.byteCount, "\(Value.self) for \(elementType)")
    return bytes.values(shape.elementCount, as: Value.self)
  }

  /// The elements as binary32 numbers: exact from F16 and BF16, rounded to nearest from F64.
  ///
  /// The elements must be floating-point numbers; ``TensorArchive/Entry/floats()`` checks.
  public func floats() -> FloatTensor {
    let count = shape.elementCount
    let values: [Float] =
      switch elementType {
      case .float32: bytes.values(count, as: Float.self)
      case .float64: bytes.withBytes { $0.values(count) { (value: Double) in Float(value) } }
      case .float16:
        bytes.withBytes { $0.values(count) { (bits: UInt16) in Float(binary16: bits) } }
      case .bfloat16:
        bytes.withBytes {
          $0.values(count) { (bits: UInt16) in Float(BFloat16(bitPattern: bits)) }
        }
      default: preconditionFailure("\(elementType) is not a floating-point type")
      }
    return FloatTensor(shape: shape, values: values)
  }

  /// The elements as 64-bit integers; those of U64 that are too large wrap around.
  ///
  /// The elements must be whole numbers.
  public func integers() -> [Int64] {
    switch elementType {
    case .bool, .uint8: bitPatterns(as: UInt8.self).map(Int64.init)
    case .int8: bitPatterns(as: Int8.self).map(Int64.init)
    case .int16: bitPatterns(as: Int16.self).map(Int64.init)
    case .uint16: bitPatterns(as: UInt16.self).map(Int64.init)
    case .int32: bitPatterns(as: Int32.self).map(Int64.init)
    case .uint32: bitPatterns(as: UInt32.self).map(Int64.init)
    case .int64: bitPatterns(as: Int64.self)
    case .uint64: bitPatterns(as: UInt64.self).map(Int64.init(truncatingIfNeeded:))
    case .float16, .bfloat16, .float32, .float64:
      preconditionFailure("\(elementType) is a floating-point type")
    }
  }
}
