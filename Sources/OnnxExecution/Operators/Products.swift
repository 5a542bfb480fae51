import Tensors

extension OperatorTable {
  /// Matrix products.
  static let products: [String: Operator] = [
    "MatMul": Operator(inputs: 2...2) { call in
      let (left, right) = (try call.input(0), try call.input(1))
      return [try MatrixPlan(call, left.shape, right.shape).product(call, left, right)]
    },
    "Gemm": Operator(
      inputs: 2...3, attributes: ["alpha", "beta", "broadcast", "transA", "transB"]
    ) { [try gemm($0)] },
  ]

  /// `Gemm`: `alpha A B + beta C`, where C is broadcast to the shape of the product; before
  /// operator set 7 only where the attribute `broadcast` says so.
  private static func gemm(_ call: OperatorCall) throws -> Value {
    let (left, right) = (try call.input(0), try call.input(1))
    guard left.shape.rank == 2, right.shape.rank == 2 else {
      throw OperatorFailure.malformed(
        "expected two matrices, found \(left.shape) and \(right.shape)")
    }
    let plan = try MatrixPlan(
      call, left.shape, right.shape,
      transposes: (try call.flag("transA"), try call.flag("transB")))
    let (alpha, beta) = (try call.float("alpha", 1), try call.float("beta", 1))
    let addend = call.optional(2)
    if let addend {
      let isBroadcast = try call.opset >= 7 || call.flag("broadcast")
      let fits = isBroadcast ? addend.shape.broadcasts(to: plan.shape) : addend.shape == plan.shape
      guard fits, addend.elementType == left.elementType else {
        throw OperatorFailure.malformed(
          "C: expected \(left.elementType.rawValue) of shape \(plan.shape), found "
            + "\(addend.elementType.rawValue) of shape \(addend.shape)")
      }
    }
    guard !left.elementType.isFloatingPoint else {
      let terms = try addend.map { value in
        let numbers = try value.doubles()
        return value.shape.indices(in: plan.shape).map { Double(beta) * numbers[$0] }
      }
      return try plan.product(call, left, right, scale: Double(alpha), addend: terms)
    }
    guard let alpha = Int64(exactly: alpha), let beta = Int64(exactly: beta) else {
      throw OperatorFailure.unsupported("a fractional alpha or beta on integers is not supported")
    }
    let product = try plan.product(call, left, right)
    guard product.elementType != .uint64 else {
      guard alpha == 1, addend == nil || beta == 0 else {
        throw Value.unsupported(.uint64)
      }
      return product
    }
    var numbers = try product.integers().map { $0 &* alpha }
    if let addend {
      let terms = try addend.integers()
      for (index, source) in addend.shape.indices(in: plan.shape).enumerated() {
        numbers[index] &+= beta &* terms[source]
      }
    }
    return Value(left.elementType, plan.shape, wrapping: numbers)
  }
}

extension Shape {
  /// Whether elements of this shape can be repeated to fill the matrix `target`.
  fileprivate func broadcasts(to target: Shape) -> Bool {
    rank <= 2
      && zip(dimensions.reversed(), target.dimensions.reversed()).allSatisfy {
        $0 == 1 || $0 == $1
      }
  }

  /// The element that each of the matrix `target` is made of, row-major.
  fileprivate func indices(in target: Shape) -> [Int] {
    let (rows, columns) = (rank == 2 ? self[0] : 1, rank > 0 ? self[rank - 1] : 1)
    var indices: [Int] = []
    indices.reserveCapacity(target.elementCount)
    for row in 0..<target[0] {
      for column in 0..<target[1] {
        indices.append((rows == 1 ? 0 : row) * columns + (columns == 1 ? 0 : column))
      }
    }
    return indices
  }
}
