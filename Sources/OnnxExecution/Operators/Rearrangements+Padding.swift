import Tensors

extension OperatorCall {
  /// Negative pads crop, before the others pad.
  func pad() throws -> [Value] {
    let x = try input(0)
    let mode = try paddingMode()
    let pads = try pads(rank: x.shape.rank)
    var value = try x.cropped(pads.map { (max(-$0.before, 0), max(-$0.after, 0)) })
    let around = pads.map { (before: max($0.before, 0), after: max($0.after, 0)) }
    var dimensions = value.shape.dimensions
    for (axis, pad) in around.enumerated() {
      let (extent, overflow) = dimensions[axis].addingReportingOverflow(pad.before + pad.after)
      dimensions[axis] = overflow ? -1 : extent
    }
    let padded = try shape(dimensions)
    guard let mode else {
      let fill = try fill(for: x.elementType)
      return [
        try value.rearranged(
          padded,
          by: Padding(inner: value.shape, outer: padded, before: around.map(\.before), fill: fill))
      ]
    }
    for (axis, pad) in around.enumerated() where pad.before + pad.after > 0 {
      let extent = value.shape[axis]
      guard extent > 0 || padded.elementCount == 0 else {
        throw OperatorFailure.malformed(
          "axis \(axis): expected elements to pad with, found shape \(value.shape)")
      }
      var dimensions = value.shape.dimensions
      dimensions[axis] = padded[axis]
      let positions =
        padded.elementCount == 0
        ? [] : (-pad.before..<extent + pad.after).map { mode.position($0, in: extent) }
      value = try value.rearranged(
        shape(dimensions), by: AxisSelection(positions, axis: axis, of: value.shape))
    }
    return [value]
  }

  /// How the padding repeats the input; nil for a constant.
  private func paddingMode() throws -> PaddingMode? {
    let name = try text("mode", "constant")
    if name == "constant" { return nil }
    guard let mode = PaddingMode(rawValue: name), mode != .wrap || opset >= 19 else {
      throw OperatorFailure.unsupported(
        "mode '\(name)' is not supported in operator set \(opset)")
    }
    return mode
  }

  /// The pads of every dimension.
  private func pads(rank: Int) throws -> [(before: Int, after: Int)] {
    guard let given = try integers("pads", input: 1, since: 11) else {
      throw OperatorFailure.malformed("pads: expected some, found none")
    }
    let chosen = try integers(input: 3)
    guard chosen == nil || opset >= 18 else {
      throw OperatorFailure.malformed("axes: expected none in operator set \(opset)")
    }
    let padded = try axes(chosen ?? Array(0..<rank), rank: rank)
    guard given.count == 2 * padded.count else {
      throw OperatorFailure.malformed(
        "pads: expected \(2 * padded.count) numbers, found \(given.count)")
    }
    guard given.allSatisfy({ $0.magnitude <= Value.maximumElementCount }) else {
      throw OperatorFailure.unsupported(
        "pads: expected at most \(Value.maximumElementCount), found \(given)")
    }
    var pads = [(before: Int, after: Int)](repeating: (0, 0), count: rank)
    for (index, axis) in padded.enumerated() {
      pads[axis] = (given[index], given[padded.count + index])
    }
    return pads
  }

  /// The one element to pad with.
  private func fill(for type: ElementType) throws -> Value.Elements? {
    if opset < 11 {
      guard let value = try float("value") else { return nil }
      switch type {
      case .float64: return .double([Double(value)])
      case .float16, .bfloat16, .float32:
        return try Value(type, [1], floats: [value]).elements
      default: throw Value.unsupported(type)
      }
    }
    guard let value = optional(2), value.shape.elementCount > 0 else { return nil }
    guard value.elementType == type, value.shape.elementCount == 1 else {
      throw OperatorFailure.malformed(
        "constant_value: expected one \(type.rawValue), found \(value.elementType.rawValue) of "
          + "\(value.shape)")
    }
    return try value.elements
  }
}

/// How padding repeats what it surrounds.
private enum PaddingMode: String {
  /// Mirrored at the first and the last element, which are not repeated.
  case reflect
  /// The first and the last element.
  case edge
  /// From the other end on.
  case wrap

  /// Where the element for `index` lies, between 0 and `extent`, which is not 0.
  func position(_ index: Int, in extent: Int) -> Int {
    switch self {
    case .edge: return min(max(index, 0), extent - 1)
    case .wrap: return (index % extent + extent) % extent
    case .reflect:
      let period = max(2 * (extent - 1), 1)
      let position = (index % period + period) % period
      return position < extent ? position : period - position
    }
  }
}

/// Elements within others that are all `fill`, or 0.
private struct Padding: Rearrangement {
  let inner: Shape
  let outer: Shape
  let before: [Int]
  let fill: Value.Elements?

  func rearranged<Element: Carrier>(_ values: [Element]) -> [Element] {
    let fill = fill.flatMap { Element.values(of: $0)?.first } ?? .zero
    var result = [Element](repeating: fill, count: outer.elementCount)
    let strides = outer.rowMajorStrides
    guard inner.elementCount > 0 else { return result }
    StridedCopy(
      extents: inner.dimensions, source: inner.rowMajorStrides, destination: strides,
      destinationStart: zip(before, strides).reduce(0) { $0 + $1.0 * $1.1 }
    ).copy(values, into: &result)
    return result
  }
}

extension Value {
  /// The value without the first and last elements along every dimension, as many as `margins` says.
  ///
  /// Throws ``OperatorFailure/malformed(_:)`` where there are not so many.
  fileprivate func cropped(_ margins: [(before: Int, after: Int)]) throws -> Value {
    guard margins.contains(where: { $0 != 0 || $1 != 0 }) else { return self }
    let dimensions = zip(shape.dimensions, margins).map { $0 - $1.before - $1.after }
    guard dimensions.allSatisfy({ $0 >= 0 }) else {
      throw OperatorFailure.malformed("pads: expected to crop at most shape \(shape)")
    }
    let strides = shape.rowMajorStrides
    let result = Shape(dimensions)
    guard result.elementCount > 0 else {
      return try rearranged(result, by: StridedRead(result, strides: strides))
    }
    let start = zip(margins, strides).reduce(0) { $0 + $1.0.before * $1.1 }
    return try rearranged(result, by: StridedRead(result, strides: strides, start: start))
  }
}
