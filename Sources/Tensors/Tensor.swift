import Files

#if _endian(big)
  #error("tensors are copied as they lie in memory, which must be little-endian")
#endif

/// A dense tensor of any element type: row-major, little-endian, immutable.
///
/// This is what files hold. Computation uses ``FloatTensor``.
public struct Tensor: Sendable {
  /// The type of every element.
  public let elementType: ElementType

  /// The dimensions, outermost first.
  public let shape: Shape

  /// The elements, row-major and little-endian.
  public let bytes: TensorBytes

  /// Wraps `bytes`, whose number must fill `shape`.
  ///
  /// Throws ``TensorError/byteCount(shape:type:expected:found:)``.
  public init(elementType: ElementType, shape: Shape, bytes: TensorBytes) throws(TensorError) {
    let expected = shape.elementCount * elementType.byteCount
    guard bytes.count == expected else {
      throw .byteCount(
        shape: shape.description, type: elementType, expected: expected, found: bytes.count)
    }
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// A tensor of the elements of `values`, in the byte order of the format.
  public init<Value: FixedWidthInteger & BitwiseCopyable>(
    bitPatterns values: [Value], elementType: ElementType, shape: Shape
  ) {
    precondition(
      values.count == shape.elementCount && Value.bitWidth == 8 * elementType.byteCount,
      "elements do not fill \(elementType) \(shape)")
    self.elementType = elementType
    self.shape = shape
    self.bytes = TensorBytes(copying: values)
  }

  /// A tensor of binary32 numbers.
  public init(_ values: FloatTensor) {
    elementType = .float32
    shape = values.shape
    bytes = TensorBytes(copying: values.values)
  }

  /// The numbers rounded to `elementType`, the nearest with ties to even; nil where that is no
  /// floating-point type.
  public init?(_ values: FloatTensor, as elementType: ElementType) {
    let (numbers, shape) = (values.values, values.shape)
    switch elementType {
    case .float32: self.init(values)
    case .float16:
      self.init(
        bitPatterns: numbers.map { Float16($0).bitPattern }, elementType: elementType, shape: shape)
    case .bfloat16:
      self.init(
        bitPatterns: numbers.map { BFloat16($0).bitPattern }, elementType: elementType, shape: shape
      )
    case .float64:
      self.init(
        bitPatterns: numbers.map { Double($0).bitPattern }, elementType: elementType, shape: shape)
    default: return nil
    }
  }

  /// Whether two tensors have the same type, shape and bytes.
  public func isBitIdentical(to other: Tensor) -> Bool {
    guard elementType == other.elementType, shape == other.shape else { return false }
    return bytes.withBytes { left in other.bytes.withBytes { left.isIdentical(to: $0) } }
  }
}
