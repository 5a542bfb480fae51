extension FloatTensor {
  /// The same tensor with axis `order[i]` as its axis `i`, as NumPy's `transpose`.
  public func permuted(_ order: [Int]) -> FloatTensor {
    precondition(order.sorted() == Array(0..<shape.rank), "\(order) of rank \(shape.rank)")
    let result = Shape(order.map { shape[$0] })
    let steps = order.map { axis in shape.dimensions[(axis + 1)...].reduce(1, *) }
    var values = [Float](repeating: 0, count: shape.elementCount)
    var position = [Int](repeating: 0, count: shape.rank)
    var source = 0
    for index in values.indices {
      values[index] = self.values[source]
      var axis = shape.rank - 1
      while axis >= 0 {
        position[axis] += 1
        source += steps[axis]
        if position[axis] < result[axis] { break }
        source -= steps[axis] * result[axis]
        position[axis] = 0
        axis -= 1
      }
    }
    return FloatTensor(shape: result, values: values)
  }

  /// The part of it that `range` of axis `axis` selects.
  public func sliced(_ range: Range<Int>, axis: Int) -> FloatTensor {
    let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    let outer = shape.dimensions[..<axis].reduce(1, *)
    var dimensions = shape.dimensions
    dimensions[axis] = range.count
    var result: [Float] = []
    result.reserveCapacity(outer * range.count * inner)
    for index in 0..<outer {
      let start = index * shape[axis] * inner
      result += values[start + range.lowerBound * inner..<start + range.upperBound * inner]
    }
    return FloatTensor(shape: Shape(dimensions), values: result)
  }

  /// The same tensor with its parts along `axis` the other way round.
  public func reversed(axis: Int) -> FloatTensor {
    let parts = (0..<shape[axis]).reversed().map { sliced($0..<$0 + 1, axis: axis) }
    return parts.isEmpty ? self : FloatTensor(concatenating: parts, axis: axis)
  }

  /// Tensors behind one another along `axis`; their other extents must be equal.
  public init(concatenating parts: [FloatTensor], axis: Int) {
    precondition(!parts.isEmpty, "nothing to concatenate")
    let inner = parts.map { $0.shape.dimensions[axis...].reduce(1, *) }
    let outer = parts[0].shape.dimensions[..<axis].reduce(1, *)
    var dimensions = parts[0].shape.dimensions
    dimensions[axis] = parts.map { $0.shape[axis] }.reduce(0, +)
    var values: [Float] = []
    for index in 0..<outer {
      for (part, count) in zip(parts, inner) {
        values += part.values[index * count..<(index + 1) * count]
      }
    }
    self.init(shape: Shape(dimensions), values: values)
  }
}
