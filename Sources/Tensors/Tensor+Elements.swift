extension Tensor {
  /// The elements as integers of the same width, whatever their type.
  ///
  /// The width of `Value` must be that of the element type.
  public func bitPatterns<Value: FixedWidthInteger & BitwiseCopyable>(as: Value.Type) -> [Value] {
    precondition(Value.bitWidth == 8 * elementType.byteCount, "\(Value.self) for \(elementType)")
    return bytes.withBytes { raw in
      unsafe [Value](unsafeUninitializedCapacity: shape.elementCount) { buffer, count in
        for index in 0..<shape.elementCount {
          let value = unsafe raw.unsafeLoadUnaligned(
            fromByteOffset: index * MemoryLayout<Value>.size, as: Value.self)
          unsafe buffer.initializeElement(at: index, to: Value(littleEndian: value))
        }
        count = shape.elementCount
      }
    }
  }

  /// The elements as binary32 numbers: exact from F16 and BF16, rounded to nearest from F64.
  ///
  /// The elements must be floating-point numbers; ``TensorArchive/Entry/floats()`` checks.
  public func floats() -> FloatTensor {
    let values: [Float] =
      switch elementType {
      case .float32: bitPatterns(as: UInt32.self).map(Float.init(bitPattern:))
      case .float64: bitPatterns(as: UInt64.self).map { Float(Double(bitPattern: $0)) }
      case .float16: bitPatterns(as: UInt16.self).map { Float(Float16(bitPattern: $0)) }
      case .bfloat16: bitPatterns(as: UInt16.self).map { Float(BFloat16(bitPattern: $0)) }
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
