import Tensors

extension Value {
  /// The elements as numbers of `type`.
  ///
  /// Numbers are rounded to the nearest floating-point one, ties to even, in one step; those beyond
  /// its range become infinite. Floating-point numbers lose their fraction where they become
  /// integers, and integers their upper bits where they do not fit; ONNX leaves open what becomes of
  /// floating-point numbers beyond the range. Here, they are cut to 64 bits first, of which the
  /// type keeps the lower ones; NaN and numbers beyond 64 bits become -2^63, whose lower bits are 0.
  /// What is not 0 becomes true.
  func casted(to type: ElementType) throws -> Value {
    guard type != elementType else { return self }
    let elements = try elements
    switch type {
    case .float32, .float16, .bfloat16:
      return Value(type, shape, exact: .float(elements.floats(of: type)))
    case .float64: return Value(type, shape, exact: .double(try doubles()))
    case .bool: return Value(shape, elements.truths)
    case .uint64: return Value(type, shape, exact: .unsigned(elements.unsignedIntegers))
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64:
      return Value(type, shape, wrapping: elements.wholeNumbers)
    }
  }
}

extension Value.Elements {
  /// The elements rounded to `type`: FLOAT, FLOAT16 or BFLOAT16.
  fileprivate func floats(of type: ElementType) -> [Float] {
    switch self {
    case .float(let values):
      switch type {
      case .float16: values.mapped(\.roundedToFloat16)
      case .bfloat16: values.mapped { Float(BFloat16($0)) }
      default: values
      }
    case .double(let values):
      switch type {
      case .float16: values.mapped { Float(Float16($0)) }
      case .bfloat16: values.mapped { Float(BFloat16(Float(roundedToOdd: $0))) }
      default: values.mapped { Float($0) }
      }
    case .integer(let values): Self.rounded(values, to: type)
    case .unsigned(let values): Self.rounded(values, to: type)
    case .bool(let values): values.mapped { $0 ? 1 : 0 }
    }
  }

  /// Integers beyond 2^53 are rounded to binary64 on their way to BFLOAT16.
  private static func rounded<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ values: [Integer], to type: ElementType
  ) -> [Float] {
    switch type {
    case .float16: values.mapped { Float($0).roundedToFloat16 }
    case .bfloat16: values.mapped { Float(BFloat16(Float(roundedToOdd: Double($0)))) }
    default: values.mapped { Float($0) }
    }
  }

  /// Whether each element is not 0.
  fileprivate var truths: [Bool] {
    switch self {
    case .float(let values): values.mapped { $0 != 0 }
    case .double(let values): values.mapped { $0 != 0 }
    case .integer(let values): values.mapped { $0 != 0 }
    case .unsigned(let values): values.mapped { $0 != 0 }
    case .bool(let values): values
    }
  }

  /// The elements without fractions, cut to 64 bits.
  fileprivate var wholeNumbers: [Int64] {
    switch self {
    case .float(let values): values.mapped { Int64(cutting: Double($0)) }
    case .double(let values): values.mapped { Int64(cutting: $0) }
    case .integer(let values): values
    case .unsigned(let values): values.mapped { Int64(bitPattern: $0) }
    case .bool(let values): values.mapped { $0 ? 1 : 0 }
    }
  }

  /// The elements without fractions, cut to 64 bits without a sign.
  fileprivate var unsignedIntegers: [UInt64] {
    switch self {
    case .float(let values): values.mapped { UInt64(cutting: Double($0)) }
    case .double(let values): values.mapped { UInt64(cutting: $0) }
    case .integer(let values): values.mapped { UInt64(bitPattern: $0) }
    case .unsigned(let values): values
    case .bool(let values): values.mapped { $0 ? 1 : 0 }
    }
  }
}

extension Float {
  /// The number where binary32 holds it, else that of its two neighbours whose fraction is odd.
  ///
  /// Rounded again to fewer digits, it gives what rounding `value` to them in one step gives.
  fileprivate init(roundedToOdd value: Double) {
    self.init(value)
    guard Double(self) != value, !value.isNaN else { return }
    if Double(magnitude) > value.magnitude { self = Float(bitPattern: bitPattern - 1) }
    self = Float(bitPattern: bitPattern | 1)
  }
}

extension Int64 {
  /// The number without its fraction; -2^63 for NaN and beyond the range.
  fileprivate init(cutting value: Double) {
    self = value >= -0x1p63 && value < 0x1p63 ? Int64(value) : Int64.min
  }
}

extension UInt64 {
  /// The number without its fraction; negative ones as ``Int64`` has them.
  fileprivate init(cutting value: Double) {
    self =
      value >= 0x1p63 && value < 0x1p64
      ? UInt64(value) : UInt64(bitPattern: Int64(cutting: value))
  }
}
