import COnnxSchema
public import Tensors

extension ElementType {
  /// The counterpart of a `TensorProto.DataType`, or nil.
  public init?(dataType code: Int32) {
    guard let code = UInt32(exactly: code) else { return nil }
    switch Onnx__TensorProto__DataType(rawValue: code) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__BOOL: self = .bool
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8: self = .uint8
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8: self = .int8
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16: self = .uint16
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16: self = .int16
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32: self = .uint32
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32: self = .int32
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64: self = .uint64
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64: self = .int64
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16: self = .float16
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16: self = .bfloat16
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT: self = .float32
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE: self = .float64
    default: return nil
    }
  }

  /// The type as a `TensorProto.DataType`.
  public var dataType: Int32 {
    let type =
      switch self {
      case .bool: ONNX__TENSOR_PROTO__DATA_TYPE__BOOL
      case .uint8: ONNX__TENSOR_PROTO__DATA_TYPE__UINT8
      case .int8: ONNX__TENSOR_PROTO__DATA_TYPE__INT8
      case .uint16: ONNX__TENSOR_PROTO__DATA_TYPE__UINT16
      case .int16: ONNX__TENSOR_PROTO__DATA_TYPE__INT16
      case .uint32: ONNX__TENSOR_PROTO__DATA_TYPE__UINT32
      case .int32: ONNX__TENSOR_PROTO__DATA_TYPE__INT32
      case .uint64: ONNX__TENSOR_PROTO__DATA_TYPE__UINT64
      case .int64: ONNX__TENSOR_PROTO__DATA_TYPE__INT64
      case .float16: ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16
      case .bfloat16: ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16
      case .float32: ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
      case .float64: ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE
      }
    return Int32(type.rawValue)
  }
}
