import Tensors

/// A dense tensor of binary64 numbers, row-major: what constants are computed in.
struct NumberTensor: Sendable, Equatable {
  let shape: Shape
  let values: [Double]

  init(shape: Shape, values: [Double]) {
    precondition(values.count == shape.elementCount, "\(values.count) values for \(shape)")
    self.shape = shape
    self.values = values
  }

  /// The elements of `tensor` as numbers.
  init(_ tensor: Tensor) {
    self.init(shape: tensor.shape, values: tensor.numbers(in: 0..<tensor.shape.elementCount))
  }

  /// What `operation` makes of `operands`, which fit it and give `shape`.
  init(_ operation: ConstantProgram.Operation, _ operands: [NumberTensor], shape: Shape) {
    let first = operands[0]
    switch operation {
    case .copy: self.init(shape: shape, values: first.values)
    case .transpose(let order):
      self.init(shape: shape, values: first.read(as: shape, steps: order.map { first.steps[$0] }))
    case .add: self.init(first, operands[1], shape) { $0 + $1 }
    case .subtract: self.init(first, operands[1], shape) { $0 - $1 }
    case .multiply: self.init(first, operands[1], shape) { $0 * $1 }
    case .divide: self.init(first, operands[1], shape) { $0 / $1 }
    case .negate: self.init(shape: shape, values: first.values.map { -$0 })
    case .reciprocal: self.init(shape: shape, values: first.values.map { 1 / $0 })
    case .squareRoot: self.init(shape: shape, values: first.values.map { $0.squareRoot() })
    case .square: self.init(shape: shape, values: first.values.map { $0 * $0 })
    case .unblock(let out, let input):
      self.init(shape: shape, values: first.unblocked(out: out, in: input, shape))
    case .first(let count): self.init(shape: shape, values: Array(first.values.prefix(count)))
    case .reciprocalRoot:
      self.init(shape: shape, values: first.values.map { 1 / $0.squareRoot() })
    }
  }

  private init(
    _ left: NumberTensor, _ right: NumberTensor, _ shape: Shape,
    _ number: (Double, Double) -> Double
  ) {
    var values = left.broadcast(to: shape)
    let others = right.broadcast(to: shape)
    for index in values.indices { values[index] = number(values[index], others[index]) }
    self.init(shape: shape, values: values)
  }

  /// How far apart neighbours along each axis lie.
  private var steps: [Int] {
    shape.dimensions.indices.map { shape.dimensions[($0 + 1)...].reduce(1, *) }
  }

  /// The elements repeated along axes of extent 1 and axes that are missing in front.
  private func broadcast(to other: Shape) -> [Double] {
    if shape == other { return values }
    let missing = [Int](repeating: 0, count: other.rank - shape.rank)
    let repeated = zip(steps, shape.dimensions).map { $1 == 1 ? 0 : $0 }
    return read(as: other, steps: missing + repeated)
  }

  /// The elements of a kernel in blocks in the order `[out, in, kh, kw]`, cut to `other`.
  private func unblocked(out: Int, in input: Int, _ other: Shape) -> [Double] {
    let (height, width) = (shape[2], shape[3])
    let blocks = [shape[0] / out, shape[1] / input, height, width, input, out]
    let blocked = NumberTensor(shape: Shape(blocks), values: values)
    let order = [0, 5, 1, 4, 2, 3]
    let usual = blocked.read(
      as: Shape(order.map { blocks[$0] }), steps: order.map { blocked.steps[$0] })
    return Array(usual.prefix(other.elementCount))
  }

  /// The elements in the order of `other`, whose axes are `steps` apart here.
  private func read(as other: Shape, steps: [Int]) -> [Double] {
    var result = [Double](repeating: 0, count: other.elementCount)
    var position = [Int](repeating: 0, count: other.rank)
    var source = 0
    for index in result.indices {
      result[index] = values[source]
      var axis = other.rank - 1
      while axis >= 0 {
        position[axis] += 1
        source += steps[axis]
        if position[axis] < other[axis] { break }
        source -= steps[axis] * other[axis]
        position[axis] = 0
        axis -= 1
      }
    }
    return result
  }
}

extension Shape {
  /// The shape of what NumPy makes of operands of both shapes, where it is no larger than one of
  /// them; nil where they do not fit.
  func broadcast(with other: Shape) -> Shape? {
    let rank = max(rank, other.rank)
    func padded(_ shape: Shape) -> [Int] {
      [Int](repeating: 1, count: rank - shape.rank) + shape.dimensions
    }
    var dimensions: [Int] = []
    for (left, right) in zip(padded(self), padded(other)) {
      guard left == right || left == 1 || right == 1 else { return nil }
      dimensions.append(left == 1 ? right : left)
    }
    guard let shape = try? Shape(checking: dimensions),
      shape.elementCount <= max(elementCount, other.elementCount)
    else { return nil }
    return shape
  }
}
