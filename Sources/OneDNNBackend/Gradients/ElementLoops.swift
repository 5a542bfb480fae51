/// Loops over the elements of values in binary32, 16 at a time.
///
/// They see the zeros that blocks are filled up with as well, so functions of elements must leave 0
/// as it is.
enum ElementLoops {
  /// Adds `term` to `sum`, which is laid out in the same way.
  static func add(_ term: Value, to sum: Value) {
    forEach(sum) { index, count in
      let (left, right) = (sum.elements, term.elements)
      left.store(left.vector(index, count) + right.vector(index, count), index, count)
    }
    withExtendedLifetime((term, sum)) {}
  }

  /// Writes `body` of each element of `x` to `result`, which is laid out in the same way.
  @inline(__always) static func map(
    _ x: Value, to result: Value, _ body: (SIMD16<Float>) -> SIMD16<Float>
  ) {
    forEach(x) { index, count in
      let (from, to) = (x.elements, result.elements)
      to.store(body(from.vector(index, count)), index, count)
    }
    withExtendedLifetime((x, result)) {}
  }

  /// Writes the first of what `body` makes of each element of `x` and of `y` to `result`, all of
  /// which are laid out in the same way, and returns the sum of the second.
  @inline(__always) static func map(
    _ x: Value, _ y: Value, to result: Value,
    _ body: (SIMD16<Float>, SIMD16<Float>) -> (SIMD16<Float>, SIMD16<Float>)
  ) -> Float {
    let parts = partCount(x)
    var sums = [Double](repeating: 0, count: parts)
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = unsafe sums
      Team.forEach(parts) { part in
        var sum = SIMD16<Float>()
        forEach(x, part) { index, count in
          let (left, right, to) = (x.elements, y.elements, result.elements)
          let (value, term) = body(left.vector(index, count), right.vector(index, count))
          to.store(value, index, count)
          sum += term
        }
        unsafe sums[part] = Double(sum.sum())
      }
    }
    withExtendedLifetime((x, y, result)) {}
    return Float(sums.reduce(0, +))
  }

  /// How many elements make a part, whose elements one thread passes over.
  private static let part = 1 << 13

  private static func elementCount(_ value: Value) -> Int {
    value.descriptor.byteCount / MemoryLayout<Float>.size
  }

  private static func partCount(_ value: Value) -> Int {
    (elementCount(value) + part - 1) / part
  }

  @inline(__always) private static func forEach(_ value: Value, _ body: (Int, Int) -> Void) {
    Team.forEach(partCount(value)) { forEach(value, $0, body) }
  }

  /// Calls `body` with the first and the number of each 16 elements of part `index`; the last may be
  /// fewer.
  @inline(__always) private static func forEach(
    _ value: Value, _ index: Int, _ body: (Int, Int) -> Void
  ) {
    let end = min(elementCount(value), (index + 1) * part)
    for first in stride(from: index * part, to: end, by: 16) { body(first, min(16, end - first)) }
  }
}

extension Value {
  /// The elements, as they lie.
  var elements: Elements { unsafe Elements(buffer.start) }
}

/// The elements of a value in binary32, as they lie.
@safe struct Elements {
  private let start: UnsafeMutableRawPointer

  init(_ start: UnsafeMutableRawPointer) { unsafe self.start = unsafe start }

  /// `count` elements from `index` on, and then zeros.
  @inline(__always) func vector(_ index: Int, _ count: Int = 16) -> SIMD16<Float> {
    let from = unsafe start + index * MemoryLayout<Float>.size
    guard count < 16 else { return unsafe from.loadUnaligned(as: SIMD16<Float>.self) }
    var vector = SIMD16<Float>()
    for lane in 0..<count {
      vector[lane] = unsafe from.loadUnaligned(
        fromByteOffset: lane * MemoryLayout<Float>.size, as: Float.self)
    }
    return vector
  }

  /// Puts the first `count` numbers of `vector` at `index` and behind it.
  @inline(__always) func store(_ vector: SIMD16<Float>, _ index: Int, _ count: Int = 16) {
    let to = unsafe start + index * MemoryLayout<Float>.size
    guard count < 16 else {
      return unsafe to.storeBytes(of: vector, as: SIMD16<Float>.self)
    }
    for lane in 0..<count {
      unsafe to.storeBytes(
        of: vector[lane], toByteOffset: lane * MemoryLayout<Float>.size, as: Float.self)
    }
  }

  /// Element `index`.
  subscript(_ index: Int) -> Float {
    get {
      unsafe start.load(fromByteOffset: index * MemoryLayout<Float>.size, as: Float.self)
    }
    nonmutating set {
      unsafe start.storeBytes(
        of: newValue, toByteOffset: index * MemoryLayout<Float>.size, as: Float.self)
    }
  }
}
