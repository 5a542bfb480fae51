import Execution
import Tensors

extension OperatorCall {
  func concatenate() throws -> [Value] {
    let first = try input(0)
    guard let along = try integer("axis") else {
      throw OperatorFailure.malformed("axis: expected a whole number, found none")
    }
    let axis = try axis(along, rank: first.shape.rank)
    var parts: [Value] = []
    var extent = 0
    for index in inputs.indices {
      let part = try input(index)
      var dimensions = part.shape.dimensions
      if dimensions.count == first.shape.rank { dimensions[axis] = first.shape[axis] }
      guard dimensions == first.shape.dimensions, part.elementType == first.elementType else {
        throw OperatorFailure.malformed(
          "input \(index): expected \(first.elementType.rawValue) of \(first.shape), except for "
            + "dimension \(axis), found \(part.elementType.rawValue) of \(part.shape)")
      }
      let (sum, overflow) = extent.addingReportingOverflow(part.shape[axis])
      extent = overflow ? Int.max : sum
      parts.append(part)
    }
    var dimensions = first.shape.dimensions
    dimensions[axis] = extent
    let shape = try shape(dimensions)
    if axis == 1, let held = try concatenateChannels(parts) { return [held] }
    let inner = shape.products(around: axis).inner
    return [
      try first.rearranged(
        shape,
        by: Concatenation(
          shape: shape,
          parts: parts.map { (try $0.elements, $0.shape[axis] * inner) }))
    ]
  }

  private func concatenateChannels(_ parts: [Value]) throws -> Value? {
    guard let kernels, parts.allSatisfy({ $0.shape.rank == 4 && $0.shape.elementCount > 0 }) else {
      return nil
    }
    let held = parts.compactMap(\.held)
    guard held.count == parts.count, held.contains(where: { !($0 is FloatTensor) }) else {
      return nil
    }
    return try kernels.concatenateChannels(held).map(Value.init)
  }

  func split() throws -> [Value] {
    let x = try input(0)
    let axis = try axis(integer("axis", 0), rank: x.shape.rank)
    let extents = try splitExtents(of: x.shape[axis])
    let strides = x.shape.rowMajorStrides
    var start = 0
    return try extents.map { extent in
      var dimensions = x.shape.dimensions
      dimensions[axis] = extent
      let part = try shape(dimensions)
      defer { start &+= extent &* strides[axis] }
      return try x.rearranged(part, by: StridedRead(part, strides: strides, start: start))
    }
  }

  /// The extents of the parts of a dimension of `extent`.
  private func splitExtents(of extent: Int) throws -> [Int] {
    if let given = try integers("split", input: 1, since: 13) {
      let fits = given.allSatisfy { (0...extent).contains($0) }
      guard fits, given.count == outputCount, given.reduce(0, &+) == extent else {
        throw OperatorFailure.malformed(
          "split: expected \(outputCount) extents that add up to \(extent), found \(given)")
      }
      return given
    }
    let count = try integer("num_outputs", outputCount)
    guard count == outputCount else {
      throw OperatorFailure.malformed("num_outputs: expected \(outputCount), found \(count)")
    }
    let part = extent / count + (extent % count == 0 ? 0 : 1)
    let last = extent - part * (count - 1)
    guard opset < 18 ? last == part : last >= 0 else {
      throw OperatorFailure.malformed(
        "expected a dimension that splits into \(count) parts, found \(extent)")
    }
    return [Int](repeating: part, count: count - 1) + [last]
  }

  func expand() throws -> [Value] {
    let x = try input(0)
    let asked = try integers(input: 1) ?? []
    let rank = max(asked.count, x.shape.rank)
    let own = [Int](repeating: 1, count: rank - x.shape.rank) + x.shape.dimensions
    let other = [Int](repeating: 1, count: rank - asked.count) + asked
    let dimensions = try zip(own, other).map { own, other in
      guard own == other || own == 1 || other == 1 else {
        throw OperatorFailure.malformed(
          "shape \(asked): expected one that \(x.shape) broadcasts to")
      }
      return own == 1 ? other : own
    }
    let shape = try shape(dimensions)
    guard shape != x.shape else { return [x] }
    let steps = [Int](repeating: 0, count: rank - x.shape.rank) + x.shape.rowMajorStrides
    let strides = zip(own, steps).map { $0 == 1 ? 0 : $1 }
    return [try x.rearranged(shape, by: StridedRead(shape, strides: strides))]
  }

  func tile() throws -> [Value] {
    let x = try input(0)
    let repeats = try integers(input: 1) ?? []
    guard repeats.count == x.shape.rank else {
      throw OperatorFailure.malformed(
        "repeats: expected \(x.shape.rank) for shape \(x.shape), found \(repeats)")
    }
    let dimensions = zip(repeats, x.shape.dimensions).map { count, extent in
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      return count < 0 || overflow ? -1 : product
    }
    let shape = try shape(dimensions)
    guard shape.elementCount > 0 else {
      return [try x.rearranged(shape, by: StridedRead(shape, strides: shape.rowMajorStrides))]
    }
    let copies = Shape(zip(repeats, x.shape.dimensions).flatMap { [$0, $1] })
    let strides = x.shape.rowMajorStrides.flatMap { [0, $0] }
    return [try x.rearranged(shape, by: StridedRead(copies, strides: strides))]
  }
}

/// Parts behind one another along an axis. The array that it is given is that of the first part.
private struct Concatenation: Rearrangement {
  let shape: Shape
  let parts: [(elements: Value.Elements, run: Int)]

  func rearranged<Element: Carrier>(_ values: [Element]) -> [Element] {
    var result: [Element] = []
    guard shape.elementCount > 0 else { return result }
    result.reserveCapacity(shape.elementCount)
    let arrays = parts.map { Element.values(of: $0.elements) ?? [] }
    let rows = shape.elementCount / parts.reduce(0) { $0 + $1.run }
    for row in 0..<rows {
      for (array, part) in zip(arrays, parts) {
        result.append(contentsOf: array[row * part.run..<(row + 1) * part.run])
      }
    }
    return result
  }
}
