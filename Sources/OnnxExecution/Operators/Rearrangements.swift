import Tensors

extension OperatorTable {
  /// Operators that move elements without looking at them.
  static let rearrangements: [String: Operator] = [
    "Identity": Operator(inputs: 1...1) { [try $0.input(0)] },
    "Reshape": Operator(inputs: 2...2, attributes: ["allowzero"]) { try $0.reshape() },
    "Flatten": Operator(inputs: 1...1, attributes: ["axis"]) { try $0.flatten() },
    "Squeeze": Operator(inputs: 1...2, attributes: ["axes"]) { try $0.squeeze() },
    "Unsqueeze": Operator(inputs: 1...2, attributes: ["axes"]) { try $0.unsqueeze() },
    "Transpose": Operator(inputs: 1...1, attributes: ["perm"]) { try $0.transpose() },
    "DepthToSpace": Operator(inputs: 1...1, attributes: ["blocksize", "mode"]) {
      try $0.depthToSpace()
    },
    "SpaceToDepth": Operator(inputs: 1...1, attributes: ["blocksize", "mode"]) {
      try $0.spaceToDepth()
    },
    "Concat": Operator(inputs: 1...Int.max, attributes: ["axis"]) { try $0.concatenate() },
    "Split": Operator(
      inputs: 1...2, outputs: 1...Int.max, attributes: ["axis", "num_outputs", "split"]
    ) { try $0.split() },
    "Expand": Operator(opsets: 8...28, inputs: 2...2) { try $0.expand() },
    "Tile": Operator(inputs: 2...2) { try $0.tile() },
    "Pad": Operator(inputs: 1...4, attributes: ["mode", "pads", "value"]) { try $0.pad() },
  ]
}

extension OperatorCall {
  /// `axes` of `rank` dimensions, counted from the first.
  ///
  /// Throws ``OperatorFailure/malformed(_:)`` where one is outside or occurs twice.
  func axes(_ axes: [Int], rank: Int) throws -> [Int] {
    let found = try axes.map { try axis($0, rank: rank) }
    guard Set(found).count == found.count else {
      throw OperatorFailure.malformed("axes: expected each once, found \(axes)")
    }
    return found
  }

  /// A dimension of 0 is that of the input, unless `allowzero` is set, and -1 is what is left.
  fileprivate func reshape() throws -> [Value] {
    let x = try input(0)
    var dimensions = try integers(input: 1) ?? []
    let asked = dimensions
    if try !flag("allowzero") {
      for index in dimensions.indices where dimensions[index] == 0 {
        guard index < x.shape.rank else {
          throw OperatorFailure.malformed(
            "shape \(asked): dimension \(index) is that of the input, whose shape is \(x.shape)")
        }
        dimensions[index] = x.shape[index]
      }
    }
    if let free = dimensions.firstIndex(of: -1) {
      dimensions[free] = 1
      let others = try shape(dimensions).elementCount
      guard others > 0, x.shape.elementCount % others == 0 else {
        throw OperatorFailure.malformed("shape \(asked): expected one for \(x.shape)")
      }
      dimensions[free] = x.shape.elementCount / others
    }
    let shape = try shape(dimensions)
    guard shape.elementCount == x.shape.elementCount else {
      throw OperatorFailure.malformed(
        "shape \(asked): expected \(x.shape.elementCount) elements, as \(x.shape) has, "
          + "found \(shape.elementCount)")
    }
    return [try x.reshaped(shape)]
  }

  fileprivate func flatten() throws -> [Value] {
    let x = try input(0)
    let axis = try integer("axis", 1)
    let rank = x.shape.rank
    guard axis >= -rank, axis <= rank else {
      throw OperatorFailure.malformed("axis: expected \(-rank) to \(rank), found \(axis)")
    }
    let split = axis < 0 ? axis + rank : axis
    let rows = try shape(Array(x.shape.dimensions[..<split])).elementCount
    let columns = try shape(Array(x.shape.dimensions[split...])).elementCount
    return [try x.reshaped([rows, columns])]
  }

  fileprivate func squeeze() throws -> [Value] {
    let x = try input(0)
    let dimensions = x.shape.dimensions
    let given = try integers("axes", input: 1, since: 13)
    let removed =
      try given.map { try axes($0, rank: x.shape.rank) }
      ?? dimensions.indices.filter { dimensions[$0] == 1 }
    for axis in removed where dimensions[axis] != 1 {
      throw OperatorFailure.malformed(
        "axis \(axis): expected dimension 1, found shape \(x.shape)")
    }
    let kept = dimensions.indices.filter { !removed.contains($0) }
    return [try x.reshaped(Shape(kept.map { dimensions[$0] }))]
  }

  fileprivate func unsqueeze() throws -> [Value] {
    let x = try input(0)
    guard let given = try integers("axes", input: 1, since: 13) else {
      throw OperatorFailure.malformed("axes: expected some, found none")
    }
    let added = Set(try axes(given, rank: x.shape.rank + given.count))
    var dimensions = x.shape.dimensions[...]
    let result = (0..<x.shape.rank + given.count).map { index in
      added.contains(index) ? 1 : dimensions.removeFirst()
    }
    return [try x.reshaped(Shape(result))]
  }

  fileprivate func transpose() throws -> [Value] {
    let x = try input(0)
    let rank = x.shape.rank
    let order = try integers("perm") ?? (0..<rank).reversed()
    guard order.sorted() == Array(0..<rank) else {
      throw OperatorFailure.malformed(
        "perm: expected each of the \(rank) dimensions once, found \(order)")
    }
    return [try transposed(x, order)]
  }

  /// `x` with its dimensions in another order: dimension i is dimension `order[i]` of it.
  private func transposed(_ x: Value, _ order: [Int]) throws -> Value {
    let strides = x.shape.rowMajorStrides
    let result = try shape(order.map { x.shape[$0] })
    return try x.rearranged(result, by: StridedRead(result, strides: order.map { strides[$0] }))
  }

  fileprivate func depthToSpace() throws -> [Value] {
    let (x, block, isColumnRowDepth) = try blocks()
    let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    guard c % (block * block) == 0 else {
      throw OperatorFailure.malformed(
        "expected a multiple of \(block * block) channels, found shape \(x.shape)")
    }
    let depth = c / (block * block)
    let (rows, tooHigh) = h.multipliedReportingOverflow(by: block)
    let (columns, tooWide) = w.multipliedReportingOverflow(by: block)
    guard !tooHigh, !tooWide else {
      throw OperatorFailure.unsupported("blocks of \(block) for shape \(x.shape)")
    }
    let blocks =
      isColumnRowDepth ? [n, depth, block, block, h, w] : [n, block, block, depth, h, w]
    let order = isColumnRowDepth ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]
    return [
      try transposed(x.reshaped(shape(blocks)), order).reshaped(
        shape([n, depth, rows, columns]))
    ]
  }

  fileprivate func spaceToDepth() throws -> [Value] {
    let (x, block, isColumnRowDepth) = try blocks()
    let (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    guard h % block == 0, w % block == 0 else {
      throw OperatorFailure.malformed(
        "expected multiples of \(block) rows and columns, found shape \(x.shape)")
    }
    let (depth, overflow) = c.multipliedReportingOverflow(by: block * block)
    guard !overflow else {
      throw OperatorFailure.unsupported("blocks of \(block) for shape \(x.shape)")
    }
    let blocks = [n, c, h / block, block, w / block, block]
    let order = isColumnRowDepth ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]
    return [
      try transposed(x.reshaped(shape(blocks)), order).reshaped(
        shape([n, depth, h / block, w / block]))
    ]
  }

  private func blocks() throws -> (Value, block: Int, isColumnRowDepth: Bool) {
    let x = try input(0)
    guard x.shape.rank == 4 else {
      throw OperatorFailure.malformed("expected [N, C, H, W], found \(x.shape)")
    }
    guard let block = try integer("blocksize"), (1...1 << 15).contains(block) else {
      throw OperatorFailure.malformed("blocksize: expected 1 to 32768")
    }
    let mode = try text("mode", "DCR")
    guard ["DCR", "CRD"].contains(mode) else {
      throw OperatorFailure.unsupported("mode '\(mode)' is not supported")
    }
    return (x, block, mode == "CRD")
  }
}
