import Execution
import Tensors

extension OperatorTable {
  /// `ConvInteger`: the sums of a convolution of 8-bit integers less their zero points.
  static func integerConvolution(_ call: OperatorCall) throws -> Value {
    let (x, weight) = (try call.input(0), try call.input(1))
    let extents = try call.convolutionExtents(x.shape, weight: weight.shape)
    let shape = try call.shape([extents.images, extents.outputs] + extents.windows.output)
    let sums = try call.sums(
      of: x, zeroPoint: 2, weight: weight, zeroPoints: 3, extents: extents)
    return Value(.int32, shape, exact: .integer(sums.map(Int64.init)))
  }

  /// `QLinearConv`: the sums, plus the bias, times the scales of both operands over that of the
  /// result, in binary32, and quantized.
  static func quantizedConvolution(_ call: OperatorCall) throws -> Value {
    let (x, weight) = (try call.input(0), try call.input(3))
    let extents = try call.convolutionExtents(x.shape, weight: weight.shape)
    let shape = try call.shape([extents.images, extents.outputs] + extents.windows.output)
    let outputs = extents.outputs
    let (inputScale, outputScale) = (try call.scalar(1, "x_scale"), try call.scalar(6, "y_scale"))
    let weightScales = try call.input(4).floats()
    let range = try QuantizedRange(call.input(7).elementType)
    let zeroPoint = try call.zeroPoints(7, for: [], range.elementType)[0]
    let bias = try call.optional(8)?.integers()
    guard weightScales.count == 1 || weightScales.count == outputs,
      bias == nil || bias?.count == outputs
    else {
      throw OperatorFailure.malformed(
        "w_scale and B: expected numbers for \(outputs) channels, found \(weightScales.count) and "
          + "\(bias?.count ?? 0)")
    }
    let sums = try call.sums(
      of: x, zeroPoint: 2, weight: weight, zeroPoints: 5, extents: extents)
    let plane = extents.windows.outputCount
    var result = [Int64](repeating: 0, count: sums.count)
    for index in sums.indices {
      let channel = index / plane % outputs
      let scale = inputScale * weightScales[weightScales.count == 1 ? 0 : channel] / outputScale
      let sum = sums[index] &+ Int32(truncatingIfNeeded: bias?[channel] ?? 0)
      result[index] = range.quantize(Float(sum) * scale, zeroPoint: Float(zeroPoint))
    }
    return Value(range.elementType, shape, exact: .integer(result))
  }

  /// `MatMulInteger`: the products of matrices of 8-bit integers less their zero points.
  static func integerProduct(_ call: OperatorCall) throws -> Value {
    let (left, right) = (try call.input(0), try call.input(1))
    let plan = try MatrixPlan(call, left.shape, right.shape)
    let sums = try call.sums(
      plan, of: left, zeroPoints: 2, and: right, zeroPoints: 3)
    return Value(.int32, plan.shape, exact: .integer(sums.map(Int64.init)))
  }

  /// `QLinearMatMul`: the sums times the scales of both operands over that of the result, in
  /// binary32, and quantized. Scales are one for an operand, or one for each row of the left and
  /// each column of the right one.
  static func quantizedProduct(_ call: OperatorCall) throws -> Value {
    let (left, right) = (try call.input(0), try call.input(3))
    let plan = try MatrixPlan(call, left.shape, right.shape)
    let (rows, columns) = (plan.left.rows, plan.right.columns)
    let (leftScales, rightScales) = (try call.input(1).floats(), try call.input(4).floats())
    let outputScale = try call.scalar(6, "y_scale")
    let range = try QuantizedRange(call.input(7).elementType)
    let zeroPoint = try call.zeroPoints(7, for: [], range.elementType)[0]
    guard leftScales.count == 1 || leftScales.count == rows,
      rightScales.count == 1 || rightScales.count == columns
    else {
      throw OperatorFailure.unsupported(
        "scales \(leftScales.count) and \(rightScales.count): expected one, or one for each of "
          + "\(rows) rows and \(columns) columns")
    }
    let sums = try call.sums(plan, of: left, zeroPoints: 2, and: right, zeroPoints: 5)
    var result = [Int64](repeating: 0, count: sums.count)
    for index in sums.indices {
      let (row, column) = (index / columns % rows, index % columns)
      let scale =
        leftScales[leftScales.count == 1 ? 0 : row]
        * rightScales[rightScales.count == 1 ? 0 : column] / outputScale
      result[index] = range.quantize(Float(sums[index]) * scale, zeroPoint: Float(zeroPoint))
    }
    return Value(range.elementType, plan.shape, exact: .integer(result))
  }
}

extension OperatorCall {
  /// The sums of a convolution of `x` less its zero point, input `zeroPoint`, with `weight` less
  /// its own, input `zeroPoints`: one, or one for each output channel.
  fileprivate func sums(
    of x: Value, zeroPoint: Int, weight: Value, zeroPoints: Int, extents: ConvolutionExtents
  ) throws -> [Int32] {
    let inputZero = try self.zeroPoints(zeroPoint, for: [], x.checked8Bit())[0]
    let scales: Shape = optional(zeroPoints)?.shape.elementCount == 1 ? [] : [extents.outputs]
    let zeros = try self.zeroPoints(zeroPoints, for: scales, weight.checked8Bit())
    if let kernels, zeros.allSatisfy({ $0 == 0 }),
      let sums = try kernels.integerConvolution(
        x.tensor(), zeroPoint: Int32(inputZero), weight: weight.tensor(), groups: extents.groups,
        window: extents.windows.sliding)
    {
      return sums
    }
    let offsets = try x.integers().map { Int32($0 - inputZero) }
    let count = weight.shape.elementCount / max(1, extents.outputs)
    let weights = try weight.integers().enumerated().map { index, number in
      Int32(number - zeros[zeros.count == 1 ? 0 : index / count])
    }
    return convolutionSums(offsets, weights, extents)
  }

  /// The sums of a product of `left` and `right` less their zero points: one, one for each row of
  /// the left and each column of the right operand, or such for every matrix.
  fileprivate func sums(
    _ plan: MatrixPlan, of left: Value, zeroPoints leftIndex: Int, and right: Value,
    zeroPoints rightIndex: Int
  ) throws -> [Int32] {
    func offsets(_ value: Value, _ index: Int, _ operand: MatrixOperand, byRow: Bool) throws
      -> [Int32]
    {
      let (type, count) = (try value.checked8Bit(), byRow ? operand.rows : operand.columns)
      let numbers = try value.integers()
      guard let given = optional(index) else { return numbers.map { Int32($0) } }
      let zeros = try given.integers()
      let area = max(1, operand.rows &* operand.columns)
      guard given.elementType == type,
        zeros.count == 1 || zeros.count == count || zeros.count == numbers.count / area * count
      else {
        throw OperatorFailure.malformed(
          "zero point: expected \(type.rawValue), one or one for each of \(count), found "
            + "\(given.elementType.rawValue) \(given.shape)")
      }
      return numbers.enumerated().map { place, number in
        let line = byRow ? place / operand.columns : place / area * count + place % count
        return Int32(number - zeros[line % zeros.count])
      }
    }
    return plan.sums(
      try offsets(left, leftIndex, plan.left, byRow: true),
      try offsets(right, rightIndex, plan.right, byRow: false))
  }
}

extension Value {
  /// The element type, which must be UINT8 or INT8.
  fileprivate func checked8Bit() throws -> ElementType {
    guard elementType == .uint8 || elementType == .int8 else {
      throw Self.unsupported(elementType)
    }
    return elementType
  }
}
