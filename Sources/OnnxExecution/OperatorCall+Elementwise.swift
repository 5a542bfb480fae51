extension OperatorCall {
  /// `float` or `double` of every element of the first input, which must be a floating-point one.
  @inline(__always)
  func floatingPoint(
    float: (Float) -> Float, double: (Double) -> Double
  ) throws -> [Value] {
    let x = try input(0)
    switch try x.elements {
    case .float(let values):
      return [Value(x.elementType, x.shape, floats: values.mapped(float))]
    case .double(let values):
      return [Value(x.elementType, x.shape, exact: .double(values.mapped(double)))]
    case .integer, .unsigned, .bool: throw Value.unsupported(x.elementType)
    }
  }

  /// A function of every element of the first input, which must not be of UINT64 or BOOL.
  @inline(__always)
  func numbers(
    float: (Float) -> Float, double: (Double) -> Double, integer: (Int64) -> Int64
  ) throws -> [Value] {
    let x = try input(0)
    guard case .integer(let values) = try x.elements else {
      return try floatingPoint(float: float, double: double)
    }
    return [Value(x.elementType, x.shape, wrapping: values.mapped(integer))]
  }

  /// A function of the elements of two operands of one type, which must not be BOOL.
  @inline(__always)
  func numbers(
    float: (Float, Float) -> Float, double: (Double, Double) -> Double,
    integer: (Int64, Int64) -> Int64, unsigned: (UInt64, UInt64) -> UInt64
  ) throws -> [Value] {
    let (left, right, broadcast) = try pair()
    let type = left.elementType
    switch (try left.elements, try right.elements) {
    case (.float(let x), .float(let y)):
      return [Value(type, broadcast.shape, floats: broadcast.combine(x, y, float))]
    case (.double(let x), .double(let y)):
      return [Value(type, broadcast.shape, exact: .double(broadcast.combine(x, y, double)))]
    case (.integer(let x), .integer(let y)):
      return [Value(type, broadcast.shape, wrapping: broadcast.combine(x, y, integer))]
    case (.unsigned(let x), .unsigned(let y)):
      return [Value(type, broadcast.shape, exact: .unsigned(broadcast.combine(x, y, unsigned)))]
    default: throw Value.unsupported(type)
    }
  }

  /// A function of the elements of all operands, from the first to the last; the result is rounded
  /// once. Up to operator set 7 they must be of one shape.
  @inline(__always)
  func accumulated(
    float: (Float, Float) -> Float, double: (Double, Double) -> Double,
    integer: (Int64, Int64) -> Int64, unsigned: (UInt64, UInt64) -> UInt64
  ) throws -> [Value] {
    let first = try input(0)
    var (shape, total) = (first.shape, try first.elements)
    if case .bool = total { throw Value.unsupported(first.elementType) }
    for index in 1..<max(1, inputs.count) {
      let next = try input(index)
      try Self.requireSameType(first, next)
      guard opset >= 8 || next.shape == shape else {
        throw OperatorFailure.malformed(
          "input \(index): expected shape \(shape), found \(next.shape)")
      }
      let broadcast = try Broadcast(shape, next.shape)
      switch (total, try next.elements) {
      case (.float(let x), .float(let y)): total = .float(broadcast.combine(x, y, float))
      case (.double(let x), .double(let y)): total = .double(broadcast.combine(x, y, double))
      case (.integer(let x), .integer(let y)): total = .integer(broadcast.combine(x, y, integer))
      case (.unsigned(let x), .unsigned(let y)):
        total = .unsigned(broadcast.combine(x, y, unsigned))
      default: throw Value.unsupported(first.elementType)
      }
      shape = broadcast.shape
    }
    return switch total {
    case .float(let values): [Value(first.elementType, shape, floats: values)]
    case .integer(let values): [Value(first.elementType, shape, wrapping: values)]
    default: [Value(first.elementType, shape, exact: total)]
    }
  }

  /// Throws ``OperatorFailure/malformed(_:)`` where integers at `index` have a 0 to divide by.
  func requireNonzeroIntegers(input index: Int) throws {
    let hasZero =
      switch try input(index).elements {
      case .integer(let values): values.contains(0)
      case .unsigned(let values): values.contains(0)
      case .float, .double, .bool: false
      }
    guard !hasZero else {
      throw OperatorFailure.malformed("division of integers by 0 (input \(index))")
    }
  }
}
