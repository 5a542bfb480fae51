import Tensors

extension OperatorTable {
  /// Operators that read or write chosen elements.
  static let selections: [String: Operator] = [
    "Slice": Operator(inputs: 1...5, attributes: ["axes", "ends", "starts"]) { try $0.slice() },
    "Gather": Operator(inputs: 2...2, attributes: ["axis"]) { try $0.gather() },
    "GatherElements": Operator(opsets: 11...28, inputs: 2...2, attributes: ["axis"]) {
      try $0.gatherElements()
    },
    "GatherND": Operator(opsets: 11...28, inputs: 2...2, attributes: ["batch_dims"]) {
      try $0.gatherSlices()
    },
    "Scatter": Operator(opsets: 9...10, inputs: 3...3, attributes: ["axis"]) {
      try $0.scatterElements()
    },
    "ScatterElements": Operator(
      opsets: 11...28, inputs: 3...3, attributes: ["axis", "reduction"]
    ) { try $0.scatterElements() },
    "ScatterND": Operator(opsets: 11...28, inputs: 3...3, attributes: ["reduction"]) {
      try $0.scatterSlices()
    },
  ]
}

extension OperatorCall {
  fileprivate func slice() throws -> [Value] {
    let x = try input(0)
    let (starts, ends, axes, steps) = try sliceOperands(rank: x.shape.rank)
    let strides = x.shape.rowMajorStrides
    var (dimensions, moves, start) = (x.shape.dimensions, strides, 0)
    for (index, axis) in axes.enumerated() {
      let extent = x.shape[axis]
      let step = steps[index]
      let lowest = step > 0 ? 0 : -1
      let highest = step > 0 ? extent : extent - 1
      func clamped(_ position: Int, _ lowest: Int) -> Int {
        min(max(position < 0 ? position + extent : position, lowest), highest)
      }
      let first = clamped(starts[index], 0)
      let last = clamped(ends[index], lowest)
      let distance = step > 0 ? last - first : first - last
      let count = distance <= 0 ? 0 : Int((UInt(distance) - 1) / step.magnitude) + 1
      dimensions[axis] = count
      start &+= first &* strides[axis]
      moves[axis] = strides[axis] &* step
    }
    let shape = try shape(dimensions)
    guard shape != x.shape || moves != strides else { return [x] }
    return [try x.rearranged(shape, by: StridedRead(shape, strides: moves, start: start))]
  }

  /// The four lists, of one length; axes are counted from the first.
  private func sliceOperands(
    rank: Int
  ) throws -> (starts: [Int], ends: [Int], axes: [Int], steps: [Int]) {
    guard let starts = try integers("starts", input: 1, since: 10),
      let ends = try integers("ends", input: 2, since: 10)
    else { throw OperatorFailure.malformed("expected starts and ends, found none") }
    let chosen = try integers("axes", input: 3, since: 10)
    let axes = try axes(chosen ?? Array(0..<min(starts.count, rank)), rank: rank)
    let steps = try integers(input: 4) ?? [Int](repeating: 1, count: starts.count)
    guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count
    else {
      throw OperatorFailure.malformed(
        "expected as many ends, axes and steps as starts, found \(ends.count), \(axes.count), "
          + "\(steps.count) and \(starts.count)")
    }
    guard !steps.contains(0) else {
      throw OperatorFailure.malformed("steps: expected none to be 0, found \(steps)")
    }
    return (starts, ends, axes, steps)
  }

  fileprivate func gather() throws -> [Value] {
    let (x, indices) = (try input(0), try input(1))
    let axis = try axis(integer("axis", 0), rank: x.shape.rank)
    let shape = try shape(
      x.shape.dimensions[..<axis] + indices.shape.dimensions + x.shape.dimensions[(axis + 1)...])
    let positions = try indices.positions(within: x.shape[axis])
    return [try x.rearranged(shape, by: AxisSelection(positions, axis: axis, of: x.shape))]
  }

  fileprivate func gatherElements() throws -> [Value] {
    let (x, indices) = (try input(0), try input(1))
    let axis = try axis(integer("axis", 0), rank: x.shape.rank)
    let places = try x.shape.places(of: indices, along: axis)
    return [try x.rearranged(indices.shape, by: BlockRead(places: places, block: 1))]
  }

  /// GatherND.
  fileprivate func gatherSlices() throws -> [Value] {
    let (x, indices) = (try input(0), try input(1))
    let batch = try integer("batch_dims", 0)
    let blocks = try x.shape.blocks(of: indices, batch: batch)
    let shape = try shape(
      indices.shape.dimensions.dropLast() + x.shape.dimensions[blocks.dimension...])
    return [try x.rearranged(shape, by: BlockRead(places: blocks.places, block: blocks.block))]
  }

  /// ScatterElements, which was called Scatter before operator set 11.
  fileprivate func scatterElements() throws -> [Value] {
    let (x, indices, updates) = (try input(0), try input(1), try input(2))
    let axis = try axis(integer("axis", 0), rank: x.shape.rank)
    let places = try x.shape.places(of: indices, along: axis)
    return [try scattered(x, updates, shape: indices.shape, places: places, block: 1)]
  }

  /// ScatterND.
  fileprivate func scatterSlices() throws -> [Value] {
    let (x, indices, updates) = (try input(0), try input(1), try input(2))
    let blocks = try x.shape.blocks(of: indices, batch: 0)
    let shape = try shape(
      indices.shape.dimensions.dropLast() + x.shape.dimensions[blocks.dimension...])
    return [
      try scattered(x, updates, shape: shape, places: blocks.places, block: blocks.block)
    ]
  }

  private func scattered(
    _ x: Value, _ updates: Value, shape: Shape, places: [Int], block: Int
  ) throws -> Value {
    guard updates.shape == shape, updates.elementType == x.elementType else {
      throw OperatorFailure.malformed(
        "updates: expected \(x.elementType.rawValue) of \(shape), found "
          + "\(updates.elementType.rawValue) of \(updates.shape)")
    }
    let name = try text("reduction", "none")
    guard let reduction = BlockWrite.Reduction(rawValue: name) else {
      throw OperatorFailure.unsupported("reduction '\(name)' is not supported")
    }
    let write = BlockWrite(
      places: places, block: block, updates: try updates.elements, reduction: reduction)
    return Value(
      x.elementType, x.shape, computed: try x.elements.rearranged(by: write))
  }
}
