import Tensors

/// Blocks of elements that start at given places, one behind the other.
struct BlockRead: Rearrangement {
  /// Where the blocks start.
  let places: [Int]
  /// How many elements each has.
  let block: Int

  func rearranged<Element: Carrier>(_ values: [Element]) -> [Element] {
    var result: [Element] = []
    guard block > 0 else { return result }
    result.reserveCapacity(places.count * block)
    if block == 1 {
      for place in places { result.append(values[place]) }
    } else {
      for place in places { result.append(contentsOf: values[place..<place + block]) }
    }
    return result
  }
}

/// Elements with other blocks written over them, or reduced with them, in order.
struct BlockWrite: Rearrangement {
  /// What becomes of an element and its update.
  enum Reduction: String {
    /// The update.
    case none
    /// The sum, the product, the smaller or the larger one.
    case add, mul, min, max
  }

  /// Where the blocks go.
  let places: [Int]
  /// How many elements each has.
  let block: Int
  /// The blocks, one behind the other, of the type of the elements.
  let updates: Value.Elements
  /// What becomes of them.
  let reduction: Reduction

  func rearranged<Element: Carrier>(_ values: [Element]) -> [Element] {
    guard let updates = Element.values(of: updates) else { return values }
    var result = values
    switch reduction {
    case .none: write(updates, into: &result) { $1 }
    case .add: write(updates, into: &result, Element.sum)
    case .mul: write(updates, into: &result, Element.product)
    case .min: write(updates, into: &result, Element.smaller)
    case .max: write(updates, into: &result, Element.larger)
    }
    return result
  }

  @inline(__always)
  private func write<Element: Carrier>(
    _ updates: [Element], into result: inout [Element], _ reduce: (Element, Element) -> Element
  ) {
    for (index, place) in places.enumerated() {
      for offset in 0..<block {
        result[place + offset] = reduce(result[place + offset], updates[index * block + offset])
      }
    }
  }
}

extension Value {
  /// The integers as positions along a dimension of `extent`; negative ones count from behind.
  ///
  /// Throws ``OperatorFailure/malformed(_:)`` where one is outside.
  func positions(within extent: Int) throws -> [Int] {
    var positions: [Int] = []
    let indices = try integers()
    positions.reserveCapacity(indices.count)
    for index in indices { positions.append(try Self.position(index, within: extent)) }
    return positions
  }

  fileprivate static func position(_ index: Int64, within extent: Int) throws -> Int {
    guard index >= -Int64(extent), index < extent else {
      throw OperatorFailure.malformed(
        "indices: expected \(-extent) to \(extent - 1), found \(index)")
    }
    return index < 0 ? Int(index) + extent : Int(index)
  }
}

extension Shape {
  /// The places of single elements: `indices` has the rank of this shape and says where along `axis`
  /// they are; where along the other dimensions is where the index itself is.
  ///
  /// Throws ``OperatorFailure/malformed(_:)``.
  func places(of indices: Value, along axis: Int) throws -> [Int] {
    let extents = indices.shape.dimensions
    let fits =
      extents.count == rank
      && extents.indices.allSatisfy {
        $0 == axis || extents[$0] <= dimensions[$0]
      }
    guard fits else {
      throw OperatorFailure.malformed(
        "indices: expected the rank of \(self) and at most its dimensions but for \(axis), "
          + "found \(indices.shape)")
    }
    let strides = rowMajorStrides
    var places = try indices.positions(within: dimensions[axis])
    var position = [Int](repeating: 0, count: rank)
    var base = 0
    for index in places.indices {
      places[index] = places[index] * strides[axis] + base
      for dimension in extents.indices.reversed() {
        let stride = dimension == axis ? 0 : strides[dimension]
        position[dimension] += 1
        base += stride
        guard position[dimension] == extents[dimension] else { break }
        base -= stride * extents[dimension]
        position[dimension] = 0
      }
    }
    return places
  }

  /// The places of blocks: the last dimension of `indices` lists positions along the dimensions from
  /// `batch` on, and a block is what lies behind those. The first `batch` dimensions are shared.
  ///
  /// Throws ``OperatorFailure/malformed(_:)``.
  func blocks(
    of indices: Value, batch: Int
  ) throws -> (places: [Int], block: Int, dimension: Int) {
    let extents = indices.shape.dimensions
    guard 0...min(rank, extents.count) ~= batch else {
      throw OperatorFailure.malformed(
        "attribute 'batch_dims': expected at least 0 and at most \(min(rank, extents.count)), "
          + "found \(batch)")
    }
    guard let depth = extents.last, batch < extents.count, depth >= 1, depth <= rank - batch,
      extents[..<batch] == dimensions[..<batch]
    else {
      throw OperatorFailure.malformed(
        "indices: expected lists of 1 to \(rank - batch) positions in \(self) after \(batch) "
          + "shared dimensions, found shape \(indices.shape)")
    }
    let strides = rowMajorStrides
    let dimension = batch + depth
    let block = elementCount == 0 ? 0 : dimensions[dimension...].reduce(1, *)
    guard indices.shape.elementCount > 0 else { return ([], 0, dimension) }
    let shared = batch == 0 ? 1 : extents[..<batch].reduce(1, *)
    let count = extents.dropLast().reduce(1, *)
    let values = try indices.integers()
    var places: [Int] = []
    let perBatch = count / shared
    for index in 0..<count {
      var place = batch == 0 ? 0 : index / perBatch &* strides[batch - 1]
      for offset in 0..<depth {
        let position = try Value.position(
          values[index * depth + offset], within: dimensions[batch + offset])
        place &+= position &* strides[batch + offset]
      }
      places.append(place)
    }
    return (places, block, dimension)
  }
}
