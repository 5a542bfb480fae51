extension OperatorTable {
  /// Operators whose result is, or depends on, what is true.
  static let comparisons: [String: Operator] = [
    "Equal": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes) { call in
      try call.compared(
        float: { $0 == $1 }, double: { $0 == $1 }, integer: { $0 == $1 }, unsigned: { $0 == $1 },
        bool: { $0 == $1 })
    },
    "Less": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes) { call in
      try call.compared(
        float: { $0 < $1 }, double: { $0 < $1 }, integer: { $0 < $1 }, unsigned: { $0 < $1 })
    },
    "Greater": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes) { call in
      try call.compared(
        float: { $0 > $1 }, double: { $0 > $1 }, integer: { $0 > $1 }, unsigned: { $0 > $1 })
    },
    "LessOrEqual": Operator(opsets: 12...28, inputs: 2...2) { call in
      try call.compared(
        float: { $0 <= $1 }, double: { $0 <= $1 }, integer: { $0 <= $1 }, unsigned: { $0 <= $1 })
    },
    "GreaterOrEqual": Operator(opsets: 12...28, inputs: 2...2) { call in
      try call.compared(
        float: { $0 >= $1 }, double: { $0 >= $1 }, integer: { $0 >= $1 }, unsigned: { $0 >= $1 })
    },
    "Not": Operator(opsets: OperatorTable.published, inputs: 1...1) { call in
      let x = try call.input(0)
      return [Value(x.shape, try x.booleans().mapped { !$0 })]
    },
    "And": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes) { call in
      try call.combined { $0 && $1 }
    },
    "Or": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes) { call in
      try call.combined { $0 || $1 }
    },
    "Xor": Operator(inputs: 2...2, attributes: OperatorCall.broadcastAttributes) { call in
      try call.combined { $0 != $1 }
    },
    "Where": Operator(opsets: 9...28, inputs: 3...3, selected),
  ]

  /// The elements of the second input where the first one is true, else those of the third.
  private static func selected(_ call: OperatorCall) throws -> [Value] {
    let (condition, x, y) = (try call.input(0), try call.input(1), try call.input(2))
    try OperatorCall.requireSameType(x, y)
    let values = try Broadcast(x.shape, y.shape)
    let shape = try Broadcast(condition.shape, values.shape).shape
    let choice = try Broadcast(condition.shape, shape).expandLeft(condition.booleans())
    let (left, right) = (try Broadcast(x.shape, shape), try Broadcast(y.shape, shape))
    func choose<Element: BitwiseCopyable>(_ x: [Element], _ y: [Element]) -> [Element] {
      choice.choose(left.expandLeft(x), right.expandLeft(y))
    }
    let elements: Value.Elements
    switch (try x.elements, try y.elements) {
    case (.float(let x), .float(let y)): elements = .float(choose(x, y))
    case (.double(let x), .double(let y)): elements = .double(choose(x, y))
    case (.integer(let x), .integer(let y)): elements = .integer(choose(x, y))
    case (.unsigned(let x), .unsigned(let y)): elements = .unsigned(choose(x, y))
    case (.bool(let x), .bool(let y)): elements = .bool(choose(x, y))
    default: throw Value.unsupported(x.elementType)
    }
    return [Value(x.elementType, shape, exact: elements)]
  }
}

extension OperatorCall {
  /// What two operands of one type say; BOOL is refused without `bool`.
  @inline(__always)
  fileprivate func compared(
    float: (Float, Float) -> Bool, double: (Double, Double) -> Bool,
    integer: (Int64, Int64) -> Bool, unsigned: (UInt64, UInt64) -> Bool,
    bool: ((Bool, Bool) -> Bool)? = nil
  ) throws -> [Value] {
    let (left, right, broadcast) = try pair()
    let results: [Bool]
    switch (try left.elements, try right.elements) {
    case (.float(let x), .float(let y)): results = broadcast.combine(x, y, float)
    case (.double(let x), .double(let y)): results = broadcast.combine(x, y, double)
    case (.integer(let x), .integer(let y)): results = broadcast.combine(x, y, integer)
    case (.unsigned(let x), .unsigned(let y)): results = broadcast.combine(x, y, unsigned)
    case (.bool(let x), .bool(let y)):
      guard let bool else { throw Value.unsupported(left.elementType) }
      results = broadcast.combine(x, y, bool)
    default: throw Value.unsupported(left.elementType)
    }
    return [Value(broadcast.shape, results)]
  }

  /// A function of two operands of BOOL.
  @inline(__always)
  fileprivate func combined(_ function: (Bool, Bool) -> Bool) throws -> [Value] {
    let (left, right, broadcast) = try pair()
    let results = broadcast.combine(try left.booleans(), try right.booleans(), function)
    return [Value(broadcast.shape, results)]
  }
}
