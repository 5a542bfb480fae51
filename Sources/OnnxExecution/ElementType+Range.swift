import Tensors

extension ElementType {
  /// The integers of the type: any but UINT64, whose numbers have a carrier of their own.
  var integers: ClosedRange<Int64> {
    switch self {
    case .int8: -0x80...0x7F
    case .uint8: 0...0xFF
    case .int16: -0x8000...0x7FFF
    case .uint16: 0...0xFFFF
    case .int32: -0x8000_0000...0x7FFF_FFFF
    case .uint32: 0...0xFFFF_FFFF
    default: Int64.min...Int64.max
    }
  }

  /// The largest finite number of FLOAT, FLOAT16 and BFLOAT16.
  var greatestFinite: Float {
    switch self {
    case .float16: 65504
    case .bfloat16: 0x1.FEp127
    default: Float.greatestFiniteMagnitude
    }
  }
}
