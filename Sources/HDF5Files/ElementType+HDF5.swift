import CHDF5
import Tensors

extension ElementType {
  /// The counterpart of a type of a file, in either byte order.
  ///
  /// Throws ``HDF5Error/unsupported(path:object:reason:)`` when there is none.
  init(_ type: borrowing HDF5Handle, at place: HDF5Place) throws(HDF5Error) {
    let bits = 8 * H5Tget_size(type.id)
    let found: ElementType? =
      switch H5Tget_class(type.id) {
      case H5T_INTEGER:
        Self.fillsItsBytes(type)
          ? Self.integer(bits: bits, isSigned: H5Tget_sign(type.id) == H5T_SGN_2) : nil
      case H5T_FLOAT: Self.fillsItsBytes(type) ? Self.float(FloatLayout(of: type)) : nil
      case H5T_ENUM: Self.isBoolean(type) ? .bool : nil
      case let other:
        throw place.unsupported("expected numbers, found \(Self.name(of: other))")
      }
    guard let found else {
      throw place.unsupported("a number type of \(bits) bits that the suite does not know")
    }
    self = found
  }

  /// Whether all bits of an element carry its value, in one of the two usual byte orders.
  private static func fillsItsBytes(_ type: borrowing HDF5Handle) -> Bool {
    let order = H5Tget_order(type.id)
    return (order == H5T_ORDER_LE || order == H5T_ORDER_BE)
      && H5Tget_precision(type.id) == 8 * H5Tget_size(type.id) && H5Tget_offset(type.id) == 0
  }

  private static func integer(bits: Int, isSigned: Bool) -> ElementType? {
    switch bits {
    case 8: isSigned ? .int8 : .uint8
    case 16: isSigned ? .int16 : .uint16
    case 32: isSigned ? .int32 : .uint32
    case 64: isSigned ? .int64 : .uint64
    default: nil
    }
  }

  private static func float(_ layout: FloatLayout) -> ElementType? {
    switch layout {
    case FloatLayout(bits: 16, exponentBits: 5): .float16
    case FloatLayout(bits: 16, exponentBits: 8): .bfloat16
    case FloatLayout(bits: 32, exponentBits: 8): .float32
    case FloatLayout(bits: 64, exponentBits: 11): .float64
    default: nil
    }
  }

  /// Whether `type` is how h5py writes booleans: an enumeration `FALSE = 0`, `TRUE = 1` of a byte.
  private static func isBoolean(_ type: borrowing HDF5Handle) -> Bool {
    guard H5Tget_size(type.id) == 1, H5Tget_nmembers(type.id) == 2 else { return false }
    return ["FALSE", "TRUE"].enumerated().allSatisfy { value, name in
      var found: UInt8 = 0
      return unsafe H5Tenum_valueof(type.id, name, &found) >= 0 && Int(found) == value
    }
  }

  private static func name(of kind: H5T_class_t) -> String {
    switch kind {
    case H5T_STRING: "text"
    case H5T_COMPOUND: "compounds"
    case H5T_VLEN: "lists of variable length"
    case H5T_ARRAY: "arrays"
    case H5T_OPAQUE: "opaque bytes"
    case H5T_REFERENCE: "references"
    case H5T_BITFIELD: "bit fields"
    default: "class \(kind.rawValue)"
    }
  }
}

/// Where the parts of a binary floating-point number stand, counted in bits from the lowest.
private struct FloatLayout: Equatable {
  var bits = 0
  var sign = 0
  var exponent = 0
  var exponentBits = 0
  var fraction = 0
  var fractionBits = 0
  var bias = 0
  var hidesLeadingOne = true

  /// The layout of IEEE 754: fraction, exponent, sign, from the lowest bit.
  init(bits: Int, exponentBits: Int) {
    self.bits = bits
    sign = bits - 1
    self.exponentBits = exponentBits
    fractionBits = bits - 1 - exponentBits
    exponent = fractionBits
    bias = 1 << (exponentBits - 1) - 1
  }

  /// The layout of a type of a file (wraps `H5Tget_fields`).
  init(of type: borrowing HDF5Handle) {
    bits = 8 * H5Tget_size(type.id)
    unsafe H5Tget_fields(type.id, &sign, &exponent, &exponentBits, &fraction, &fractionBits)
    bias = H5Tget_ebias(type.id)
    hidesLeadingOne = H5Tget_norm(type.id) == H5T_NORM_IMPLIED
  }
}
