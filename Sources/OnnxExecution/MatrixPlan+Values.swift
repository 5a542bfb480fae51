import Execution
import Tensors

extension MatrixPlan {
  /// The product of `left` and `right` times `scale`, plus the numbers of `addend`, if any.
  ///
  /// On kernels where they can. Integers wrap around; their `scale` is 1. Throws
  /// ``OperatorFailure``.
  func product(
    _ call: OperatorCall, _ left: Value, _ right: Value, scale: Double = 1,
    addend: [Double]? = nil
  ) throws -> Value {
    guard left.elementType == right.elementType else {
      throw OperatorFailure.malformed(
        "expected matrices of one type, found \(left.elementType.rawValue) and "
          + right.elementType.rawValue)
    }
    let type = left.elementType
    var numbers: [Double]
    if let held = try kernelProduct(call, left, right) {
      if scale == 1, addend == nil {
        return Value(type, shape, exact: .float(try held.floats().values))
      }
      numbers = try held.floats().values.map(Double.init)
    } else {
      switch (try left.elements, try right.elements) {
      case (.float(let left), .float(let right)): numbers = sums(left, right)
      case (.double(let left), .double(let right)): numbers = sums(left, right)
      case (.integer(let left), .integer(let right)) where type.byteCount >= 4:
        return Value(type, shape, wrapping: sums(left, right))
      case (.unsigned(let left), .unsigned(let right)):
        let sums = sums(
          left.map { Int64(truncatingIfNeeded: $0) }, right.map { Int64(truncatingIfNeeded: $0) })
        return Value(
          type, shape, exact: .unsigned(sums.map { UInt64(truncatingIfNeeded: $0) }))
      default: throw Value.unsupported(type)
      }
    }
    if scale != 1 { for index in numbers.indices { numbers[index] *= scale } }
    if let addend { for index in numbers.indices { numbers[index] += addend[index] } }
    return Value(type, shape, rounding: numbers)
  }

  /// The product as a kernel makes it; nil where there is none.
  private func kernelProduct(
    _ call: OperatorCall, _ left: Value, _ right: Value
  ) throws -> (any HeldTensor)? {
    guard let kernels = call.kernels, shape.elementCount > 0, self.left.columns > 0,
      let first = try operand(left, self.left), let second = try operand(right, self.right)
    else { return nil }
    return try kernels.matrixProduct(first, second)
  }

  /// `value` as a row-major batch of matrices that is the result's, or absent; nil where it is a
  /// part of that, or no binary32 numbers.
  private func operand(_ value: Value, _ operand: MatrixOperand) throws -> (any HeldTensor)? {
    guard let held = value.held else { return nil }
    let isAbsent = operand.batch.allSatisfy { $0 == 1 }
    guard isAbsent || operand.batch == batch else { return nil }
    let dimensions = (isAbsent ? [] : operand.batch) + [operand.rows, operand.columns]
    let shape = Shape(dimensions)
    if operand.isRowMajor, shape == value.shape { return held }
    let values = try value.floats()
    return FloatTensor(shape: shape, values: operand.isRowMajor ? values : operand.rowMajor(values))
  }
}

extension MatrixOperand {
  /// Whether nothing is transposed.
  var isRowMajor: Bool {
    var step = 1
    for (extent, own) in zip(dimensions, batchSteps + [rowStep, columnStep]).reversed() {
      guard own == step || extent == 1 else { return false }
      step &*= max(1, extent)
    }
    return true
  }

  /// The elements in the order of the matrices that they stand for.
  func rowMajor(_ values: [Float]) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for offset in offsets(in: batch) {
      for row in 0..<rows {
        let start = offset + row * rowStep
        for column in 0..<columns { result.append(values[start + column * columnStep]) }
      }
    }
    return result
  }
}
