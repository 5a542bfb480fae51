extension Span where Element == Float {
  /// The elements from `index` on as a vector: 16 of them, or the first `count` and then zeros.
  @inlinable
  public func vector(at index: Int, count: Int = 16) -> SIMD16<Float> {
    let part = extracting(index..<index + Swift.min(count, 16))
    var vector = SIMD16<Float>()
    guard count < 16 else {
      return unsafe part.bytes.unsafeLoadUnaligned(as: SIMD16<Float>.self)
    }
    for lane in part.indices { vector[lane] = part[lane] }
    return vector
  }
}

extension MutableSpan where Element == Float {
  /// Puts the numbers of `vector` at `index` and behind it: all 16, or the first `count`.
  @inlinable
  public mutating func store(_ vector: SIMD16<Float>, at index: Int, count: Int = 16) {
    guard count < 16 else {
      precondition(index >= 0 && index + 16 <= self.count, "elements from \(index)")
      unsafe withUnsafeMutableBytes {
        unsafe $0.storeBytes(
          of: vector, toByteOffset: index * MemoryLayout<Float>.stride, as: SIMD16<Float>.self)
      }
      return
    }
    for lane in 0..<count { self[index + lane] = vector[lane] }
  }
}
