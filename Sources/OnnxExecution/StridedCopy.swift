import Tensors

extension Shape {
  /// How far apart neighbours are along every dimension of row-major elements; anything where there
  /// are no elements.
  var rowMajorStrides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for index in dimensions.indices.dropLast().reversed() {
      strides[index] = strides[index + 1] &* dimensions[index + 1]
    }
    return strides
  }

  /// The products of the dimensions before and behind `axis`; 0 and 1 where there are no elements.
  func products(around axis: Int) -> (outer: Int, inner: Int) {
    guard elementCount > 0 else { return (0, 1) }
    return (dimensions[..<axis].reduce(1, *), dimensions[(axis + 1)...].reduce(1, *))
  }
}

/// Loops in one another that copy elements between arrays: any walk with a fixed step along every
/// dimension, backwards and on the spot (step 0) included.
///
/// Runs that lie together on both sides are copied as blocks, and transpositions go through the two
/// arrays tile by tile.
struct StridedCopy {
  private struct Loop {
    var extent: Int
    var source: Int
    var destination: Int
  }

  /// The loops, outermost first, at least two; empty where there is nothing to copy.
  private var loops: [Loop] = []
  private let sourceStart: Int
  private let destinationStart: Int

  /// Loops over `extents`; `source` and `destination` are the steps along each, and the starts are
  /// where the first element is read and written.
  init(
    extents: [Int], source: [Int], sourceStart: Int = 0, destination: [Int],
    destinationStart: Int = 0
  ) {
    self.sourceStart = sourceStart
    self.destinationStart = destinationStart
    guard !extents.contains(0) else { return }
    for (index, extent) in extents.enumerated() where extent != 1 {
      let loop = Loop(extent: extent, source: source[index], destination: destination[index])
      if let last = loops.last, last.source == loop.source * extent,
        last.destination == loop.destination * extent
      {
        loops[loops.count - 1] = loop
        loops[loops.count - 1].extent *= last.extent
      } else {
        loops.append(loop)
      }
    }
    if let last = loops.last, last.source != 1,
      let index = loops.dropLast().lastIndex(where: { $0.source == 1 })
    {
      loops.insert(loops.remove(at: index), at: loops.count - 1)
    }
    while loops.count < 2 { loops.insert(Loop(extent: 1, source: 0, destination: 0), at: 0) }
  }

  /// Reads `source` and writes into `destination`.
  func copy<Element: Carrier>(_ source: [Element], into destination: inout [Element]) {
    unsafe destination.withUnsafeMutableBufferPointer { destination in
      unsafe copy(source, into: destination)
    }
  }

  /// Reads `source` and writes into `destination`, which may be uninitialized.
  fileprivate func copy<Element: Carrier>(
    _ source: [Element], into destination: UnsafeMutableBufferPointer<Element>
  ) {
    guard !loops.isEmpty else { return }
    precondition(covers(source.indices, from: sourceStart, \.source))
    precondition(covers(destination.indices, from: destinationStart, \.destination))
    unsafe source.withUnsafeBufferPointer { source in
      guard let source = source.baseAddress, let destination = destination.baseAddress else {
        return
      }
      unsafe copy(source, into: destination)
    }
  }

  /// Whether no step leaves `indices`.
  private func covers(_ indices: Range<Int>, from start: Int, _ step: KeyPath<Loop, Int>) -> Bool {
    var (first, last) = (start, start)
    for loop in loops {
      let way = (loop.extent - 1) * loop[keyPath: step]
      if way < 0 { first += way } else { last += way }
    }
    return indices.contains(first) && indices.contains(last)
  }

  private func copy<Element: Carrier>(
    _ source: UnsafePointer<Element>, into destination: UnsafeMutablePointer<Element>
  ) {
    let (outer, rows, row) = (loops.dropLast(2), loops[loops.count - 2], loops[loops.count - 1])
    var position = [Int](repeating: 0, count: outer.count)
    var (from, to) = (sourceStart, destinationStart)
    while true {
      unsafe copy(rows, row, source + from, destination + to)
      var dimension = outer.count - 1
      while dimension >= 0 {
        let loop = outer[dimension]
        position[dimension] += 1
        from += loop.source
        to += loop.destination
        guard position[dimension] == loop.extent else { break }
        position[dimension] = 0
        from -= loop.extent * loop.source
        to -= loop.extent * loop.destination
        dimension -= 1
      }
      guard dimension >= 0 else { return }
    }
  }

  private func copy<Element: Carrier>(
    _ rows: Loop, _ row: Loop, _ source: UnsafePointer<Element>,
    _ destination: UnsafeMutablePointer<Element>
  ) {
    let isBlock = row.source == 1 && row.destination == 1
    let isTransposition = rows.source == 1 && row.source != 1 && row.extent > 4
    let tile = isTransposition ? 32 : row.extent
    for start in stride(from: 0, to: row.extent, by: tile) {
      let count = min(tile, row.extent - start)
      var from = unsafe source + start * row.source
      var to = unsafe destination + start * row.destination
      for _ in 0..<rows.extent {
        if isBlock {
          unsafe to.update(from: from, count: count)
        } else {
          for index in 0..<count {
            unsafe to[index &* row.destination] = from[index &* row.source]
          }
        }
        unsafe from += rows.source
        unsafe to += rows.destination
      }
    }
  }
}

/// The elements of a strided walk through others, one behind the other.
struct StridedRead: Rearrangement {
  private let count: Int
  private let copy: StridedCopy

  /// A walk over `shape` from element `start` on, whose steps along each dimension are `strides`.
  init(_ shape: Shape, strides: [Int], start: Int = 0) {
    count = shape.elementCount
    copy = StridedCopy(
      extents: shape.dimensions, source: strides, sourceStart: start,
      destination: shape.rowMajorStrides)
  }

  func rearranged<Element: Carrier>(_ values: [Element]) -> [Element] {
    unsafe [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      unsafe copy.copy(values, into: buffer)
      initializedCount = count
    }
  }
}

/// The elements at chosen positions along one axis of row-major elements.
struct AxisSelection: Rearrangement {
  /// The positions, each within the axis.
  let positions: [Int]
  /// The product of the dimensions before the axis.
  let outer: Int
  /// The extent of the axis.
  let extent: Int
  /// The product of the dimensions behind the axis.
  let inner: Int

  /// `positions` along `axis` of elements of `shape`.
  init(_ positions: [Int], axis: Int, of shape: Shape) {
    self.positions = positions
    (outer, inner) = shape.products(around: axis)
    extent = shape[axis]
  }

  func rearranged<Element: Carrier>(_ values: [Element]) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(outer * positions.count * inner)
    for start in stride(from: 0, to: outer * extent * inner, by: max(extent * inner, 1)) {
      if inner == 1 {
        for position in positions { result.append(values[start + position]) }
      } else {
        for position in positions {
          let first = start + position * inner
          result.append(contentsOf: values[first..<first + inner])
        }
      }
    }
    return result
  }
}
