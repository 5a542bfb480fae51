import Tensors

extension OperatorTable {
  /// The index of the largest or smallest element along a dimension: the first or last of several.
  /// NaN counts as the largest and as the smallest, as in NumPy.
  static func extremeIndex(isLargest: Bool) -> Operator {
    Operator(inputs: 1...1, attributes: ["axis", "keepdims", "select_last_index"]) { call in
      let x = try call.input(0)
      let axis = try call.axis(call.integer("axis", 0), rank: x.shape.rank)
      var dimensions = x.shape.dimensions
      dimensions[axis] = 1
      let kept = try call.shape(dimensions)
      if try !call.flag("keepdims", true) { dimensions.remove(at: axis) }
      let inner = x.shape.dimensions[(axis + 1)...].reduce(1, &*)
      let search = Search(
        extent: x.shape[axis], inner: inner, count: kept.elementCount, isLargest: isLargest,
        takesLast: try call.flag("select_last_index"))
      guard search.extent > 0 || search.count == 0 else {
        throw OperatorFailure.malformed("axis \(axis) of \(x.shape): expected elements, found none")
      }
      let indices: [Int64] =
        switch try x.elements {
        case .float(let values): search.indices(in: values)
        case .double(let values): search.indices(in: values)
        case .integer(let values): search.indices(in: values)
        case .unsigned(let values): search.indices(in: values)
        case .bool: throw Value.unsupported(x.elementType)
        }
      return [Value(.int64, try call.shape(dimensions), exact: .integer(indices))]
    }
  }

  /// A search along the middle one of the dimensions `[..., extent, inner]`.
  private struct Search {
    let extent: Int
    let inner: Int
    let count: Int
    let isLargest: Bool
    let takesLast: Bool

    @inline(__always)
    func indices<Element: Comparable & BitwiseCopyable>(in values: [Element]) -> [Int64] {
      switch (isLargest, takesLast) {
      case (true, false): indices(in: values) { !($0 <= $1) }
      case (true, true): indices(in: values) { !($0 < $1) }
      case (false, false): indices(in: values) { !($0 >= $1) }
      case (false, true): indices(in: values) { !($0 > $1) }
      }
    }

    @inline(__always)
    private func indices<Element: Comparable & BitwiseCopyable>(
      in values: [Element], _ isBetter: (Element, Element) -> Bool
    ) -> [Int64] {
      var indices = [Int64](repeating: 0, count: count)
      guard extent > 1, count > 0 else { return indices }
      // NaN alone does not equal itself: nothing is better than it.
      func replaces(_ found: Element, _ old: Element) -> Bool { isBetter(found, old) && old == old }
      if inner == 1 {
        for row in indices.indices {
          let elements = values[row * extent..<(row + 1) * extent]
          var best = elements.startIndex
          for i in elements.indices where replaces(elements[i], elements[best]) { best = i }
          indices[row] = Int64(best - elements.startIndex)
        }
        return indices
      }
      for outer in 0..<count / inner {
        let start = outer * extent * inner
        var best = Array(values[start..<start + inner])
        for position in 1..<extent {
          let row = start + position * inner
          for i in 0..<inner where replaces(values[row + i], best[i]) {
            best[i] = values[row + i]
            indices[outer * inner + i] = Int64(position)
          }
        }
      }
      return indices
    }
  }
}
