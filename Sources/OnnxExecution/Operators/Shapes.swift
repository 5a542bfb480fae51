import Tensors

extension OperatorTable {
  /// Operators on shapes, and those that make values of a given shape.
  static let shapes: [String: Operator] = [
    "Shape": Operator(inputs: 1...1, attributes: ["start", "end"]) { try $0.extents() },
    "Size": Operator(inputs: 1...1) {
      [Value(.int64, [], exact: .integer([Int64(try $0.input(0).shape.elementCount)]))]
    },
    "ConstantOfShape": Operator(opsets: 9...28, inputs: 1...1, attributes: ["value"]) {
      try $0.constantOfShape()
    },
    "Range": Operator(opsets: 11...28, inputs: 3...3, attributes: ["stash_type"]) {
      try $0.range()
    },
    "NonZero": Operator(opsets: 9...28, inputs: 1...1) { try $0.nonZero() },
  ]
}

extension OperatorCall {
  fileprivate func extents() throws -> [Value] {
    let dimensions = try input(0).shape.dimensions
    func clamped(_ index: Int) -> Int {
      min(max(index < 0 ? index + dimensions.count : index, 0), dimensions.count)
    }
    let start = clamped(try integer("start", 0))
    let end = clamped(try integer("end", dimensions.count))
    return [Value(vector: Array(dimensions[start..<max(start, end)]))]
  }

  fileprivate func constantOfShape() throws -> [Value] {
    let shape = try shape(integers(input: 0) ?? [])
    let value = try tensor("value").map(Value.init) ?? Value(.float32, [1], floats: [0])
    guard value.shape.elementCount == 1 else {
      throw OperatorFailure.malformed("value: expected one element, found \(value.shape)")
    }
    return [
      try value.rearranged(
        shape, by: StridedRead(shape, strides: [Int](repeating: 0, count: shape.rank)))
    ]
  }

  /// FLOAT16 and BFLOAT16 are computed in binary32, which is `stash_type` 1.
  fileprivate func range() throws -> [Value] {
    let type = try input(0).elementType
    let operands = try (0..<3).map { index in
      let value = try input(index)
      guard value.elementType == type, value.shape.elementCount == 1 else {
        throw OperatorFailure.malformed(
          "input \(index): expected one \(type.rawValue), found \(value.elementType.rawValue) of "
            + "\(value.shape)")
      }
      return value
    }
    guard try integer("stash_type", 1) == 1 else {
      throw OperatorFailure.unsupported("attribute 'stash_type' is supported as 1 only")
    }
    switch try operands[0].elements {
    case .float:
      let numbers = try operands.map { try $0.floats()[0] }
      let (start, delta) = (numbers[0], numbers[2])
      let shape = try steps(Double(numbers[1] - start), Double(delta))
      return [
        Value(type, shape, floats: (0..<shape.elementCount).map { start + Float($0) * delta })
      ]
    case .double:
      let numbers = try operands.map { try $0.doubles()[0] }
      let (start, delta) = (numbers[0], numbers[2])
      let shape = try steps(numbers[1] - start, delta)
      let values = (0..<shape.elementCount).map { start + Double($0) * delta }
      return [Value(type, shape, exact: .double(values))]
    case .integer:
      let numbers = try operands.map { try $0.integers()[0] }
      let (start, delta) = (numbers[0], numbers[2])
      let shape = try steps(from: start, to: numbers[1], by: delta)
      let values = (0..<Int64(shape.elementCount)).map { start &+ $0 &* delta }
      return [Value(type, shape, exact: .integer(values))]
    case .unsigned, .bool: throw Value.unsupported(type)
    }
  }

  private func steps(_ distance: Double, _ delta: Double) throws -> Shape {
    let count = (distance / delta).rounded(.up)
    guard delta != 0, let steps = Int(exactly: max(count, 0)) else {
      throw OperatorFailure.malformed(
        "expected a finite number of steps, found \(delta) over \(distance)")
    }
    return try shape([steps])
  }

  private func steps(from start: Int64, to limit: Int64, by delta: Int64) throws -> Shape {
    guard delta != 0 else {
      throw OperatorFailure.malformed("expected a finite number of steps, found steps of 0")
    }
    guard delta > 0 ? limit > start : limit < start else { return [0] }
    let distance = UInt64(bitPattern: delta > 0 ? limit &- start : start &- limit)
    return try shape([Int(clamping: (distance - 1) / delta.magnitude + 1)])
  }

  /// The positions of the elements that are not 0 or false: `[rank, count]`, for a scalar as well.
  fileprivate func nonZero() throws -> [Value] {
    let x = try input(0)
    let places: [Int] =
      switch try x.elements {
      case .float(let values): values.indices.filter { values[$0] != 0 }
      case .double(let values): values.indices.filter { values[$0] != 0 }
      case .integer(let values): values.indices.filter { values[$0] != 0 }
      case .unsigned(let values): values.indices.filter { values[$0] != 0 }
      case .bool(let values): values.indices.filter { values[$0] }
      }
    let dimensions = x.shape.dimensions
    let strides = x.shape.rowMajorStrides
    var positions: [Int64] = []
    for (extent, stride) in zip(dimensions, strides) {
      for place in places { positions.append(Int64(place / stride % extent)) }
    }
    return [
      Value(.int64, try shape([dimensions.count, places.count]), exact: .integer(positions))
    ]
  }
}
