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
}
