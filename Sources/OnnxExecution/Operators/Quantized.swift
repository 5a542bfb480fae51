import Tensors

extension OperatorTable {
  /// Quantization, and operators on quantized numbers.
  static let quantized: [String: Operator] = [
    "QuantizeLinear": Operator(
      opsets: 10...28, inputs: 2...3,
      attributes: ["axis", "block_size", "output_dtype", "precision", "saturate"]
    ) { [try quantizeLinear($0)] },
    "DequantizeLinear": Operator(
      opsets: 10...28, inputs: 2...3, attributes: ["axis", "block_size", "output_dtype"]
    ) { [try dequantizeLinear($0)] },
    "DynamicQuantizeLinear": Operator(
      opsets: 11...28, inputs: 1...1, outputs: 1...3, dynamicQuantizeLinear),
    "QLinearConv": Operator(
      opsets: 10...28, inputs: 8...9, attributes: convolutionAttributes
    ) { [try quantizedConvolution($0)] },
    "ConvInteger": Operator(
      opsets: 10...28, inputs: 2...4, attributes: convolutionAttributes
    ) { [try integerConvolution($0)] },
    "QLinearMatMul": Operator(opsets: 10...28, inputs: 8...8) { [try quantizedProduct($0)] },
    "MatMulInteger": Operator(opsets: 10...28, inputs: 2...4) { [try integerProduct($0)] },
  ]

  /// `QuantizeLinear`: `x / scale`, rounded, plus the zero point, and limited to the range.
  ///
  /// The quotient is a binary32 number; since operator set 23 it is rounded to the type of the
  /// scale, or to that of the attribute `precision`. `saturate` concerns 8-bit floating-point
  /// results, which are not supported.
  private static func quantizeLinear(_ call: OperatorCall) throws -> Value {
    let (x, scale) = (try call.input(0), try call.input(1))
    let named = try call.elementType("output_dtype")
    let given = call.optional(2)?.elementType
    guard named == nil || given == nil || named == given else {
      throw OperatorFailure.malformed(
        "attribute 'output_dtype': expected the type of the zero point")
    }
    let range = try QuantizedRange(named ?? given ?? .uint8)
    let precision =
      call.opset < 23 ? .float32 : try call.elementType("precision") ?? scale.elementType
    let granularity = try Granularity(call, x.shape, scale: scale.shape)
    let zeroPoints = try call.zeroPoints(2, for: scale.shape, range.elementType)
      .map { Float($0) }
    let numbers: [Float]
    switch try x.elements {
    case .float(let values): numbers = values
    case .integer(let values) where x.elementType == .int32: numbers = values.map { Float($0) }
    default: throw Value.unsupported(x.elementType)
    }
    let scales = try scale.floats()
    var result = [Int64](repeating: 0, count: numbers.count)
    granularity.forEachRun { elements, first, step in
      var place = first
      for index in elements {
        let quotient = precision.rounded(numbers[index] / scales[place])
        result[index] = range.quantize(quotient, zeroPoint: zeroPoints[place])
        place += step
      }
    }
    return Value(range.elementType, x.shape, exact: .integer(result))
  }

  /// `DequantizeLinear`: `(x - zero point) * scale`.
  private static func dequantizeLinear(_ call: OperatorCall) throws -> Value {
    let (x, scale) = (try call.input(0), try call.input(1))
    let granularity = try Granularity(call, x.shape, scale: scale.shape)
    let zeroPoints = try call.zeroPoints(2, for: scale.shape, x.elementType)
    if x.elementType != .int32 { _ = try QuantizedRange(x.elementType) }
    let type = try call.elementType("output_dtype") ?? scale.elementType
    guard type != .float64, type.isFloatingPoint else { throw Value.unsupported(type) }
    let (numbers, scales) = (try x.integers(), try scale.floats())
    var result = [Float](repeating: 0, count: numbers.count)
    granularity.forEachRun { elements, first, step in
      var place = first
      for index in elements {
        result[index] = Float(numbers[index] - zeroPoints[place]) * scales[place]
        place += step
      }
    }
    return Value(type, x.shape, floats: result)
  }

  /// `DynamicQuantizeLinear`: to UINT8, with the scale and zero point that take in 0 and all
  /// elements. Where all are 0 the scale is 1.
  private static func dynamicQuantizeLinear(_ call: OperatorCall) throws -> [Value] {
    let x = try call.input(0)
    guard x.elementType == .float32 else { throw Value.unsupported(x.elementType) }
    let numbers = try x.floats()
    var (lowest, highest): (Float, Float) = (0, 0)
    for number in numbers {
      lowest = min(lowest, number)
      highest = max(highest, number)
    }
    let scale = lowest == highest ? 1 : (highest - lowest) / 255
    let range = try QuantizedRange(.uint8)
    let zeroPoint = range.quantize(-lowest / scale, zeroPoint: 0)
    let result = numbers.map { range.quantize($0 / scale, zeroPoint: Float(zeroPoint)) }
    return [
      Value(.uint8, x.shape, exact: .integer(result)), Value(.float32, [], exact: .float([scale])),
      Value(.uint8, [], exact: .integer([zeroPoint])),
    ]
  }
}

extension ElementType {
  /// The nearest number of this type, where it is narrower than binary32.
  fileprivate func rounded(_ number: Float) -> Float {
    switch self {
    case .float16: number.roundedToFloat16
    case .bfloat16: Float(BFloat16(number))
    default: number
    }
  }
}
