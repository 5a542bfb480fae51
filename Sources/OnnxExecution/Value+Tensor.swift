import Tensors

extension Value {
  /// The elements of a stored tensor.
  init(_ tensor: Tensor) {
    let (type, shape) = (tensor.elementType, tensor.shape)
    switch type {
    case .float32, .float16, .bfloat16:
      self.init(type, shape, exact: .float(tensor.floats().values))
    case .float64:
      self.init(
        type, shape,
        exact: .double(tensor.bitPatterns(as: UInt64.self).map(Double.init(bitPattern:))))
    case .uint64: self.init(type, shape, exact: .unsigned(tensor.bitPatterns(as: UInt64.self)))
    case .bool:
      self.init(type, shape, exact: .bool(tensor.bitPatterns(as: UInt8.self).map { $0 != 0 }))
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64:
      self.init(type, shape, exact: .integer(tensor.integers()))
    }
  }

  /// The value as a stored tensor. Throws what a kernel library throws.
  func tensor() throws -> Tensor {
    func integers<Word: FixedWidthInteger & BitwiseCopyable>(
      _ values: [Int64], _: Word.Type
    ) -> Tensor {
      Tensor(
        bitPatterns: values.map(Word.init(truncatingIfNeeded:)), elementType: elementType,
        shape: shape)
    }
    switch try elements {
    case .float(let values):
      guard let tensor = Tensor(FloatTensor(shape: shape, values: values), as: elementType) else {
        preconditionFailure("\(elementType) is held as binary32 numbers")
      }
      return tensor
    case .double(let values):
      return Tensor(
        bitPatterns: values.map(\.bitPattern), elementType: elementType, shape: shape)
    case .unsigned(let values):
      return Tensor(bitPatterns: values, elementType: elementType, shape: shape)
    case .bool(let values):
      return Tensor(
        bitPatterns: values.map { $0 ? 1 : 0 as UInt8 }, elementType: elementType, shape: shape)
    case .integer(let values):
      return switch elementType.byteCount {
      case 1: integers(values, UInt8.self)
      case 2: integers(values, UInt16.self)
      case 4: integers(values, UInt32.self)
      default: integers(values, UInt64.self)
      }
    }
  }
}
