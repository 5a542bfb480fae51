extension ErrorMetrics {
  /// The elements of a block, whose sums lie in vector registers.
  static let blockCount = 1024

  /// Adds elements of either side, as many of the one as of the other.
  mutating func include(reference: Span<Float>, candidate: Span<Float>) {
    precondition(reference.count == candidate.count, "\(reference.count), \(candidate.count)")
    for start in stride(from: 0, to: reference.count, by: Self.blockCount) {
      let range = start..<min(start + Self.blockCount, reference.count)
      includeBlock(
        reference: reference.extracting(range), candidate: candidate.extracting(range))
    }
  }

  private mutating func includeBlock(reference: Span<Float>, candidate: Span<Float>) {
    let block = BlockSums(reference: reference, candidate: candidate)
    // Any infinity or NaN on either side is in the difference and stays in the sum of its squares.
    guard block.sums.squaredError.isFinite else {
      var metrics = ErrorMetrics()
      for index in reference.indices {
        metrics.include(reference: Double(reference[index]), candidate: Double(candidate[index]))
      }
      include(metrics)
      return
    }
    if block.maximumError > maximumError {
      maximumError = block.maximumError
      maximumIndex = reference.indices.first { index in
        abs(Double(candidate[index]) - Double(reference[index])) == block.maximumError
      }.map { count + $0 }
    }
    referenceMaximum = max(referenceMaximum, block.referenceMaximum)
    count += reference.count
    sums.include(block.sums)
  }
}

/// The sums of a block, four elements at a time.
private struct BlockSums {
  var sums = ErrorSums()
  var maximumError = 0.0
  var referenceMaximum = 0.0

  init(reference: Span<Float>, candidate: Span<Float>) {
    typealias Lanes = SIMD4<Double>
    var (error, squaredError, product) = (Lanes.zero, Lanes.zero, Lanes.zero)
    var (squaredReference, squaredCandidate) = (Lanes.zero, Lanes.zero)
    var (largestError, largestReference) = (Lanes.zero, Lanes.zero)
    let whole = reference.count & ~3
    for index in stride(from: 0, to: whole, by: 4) {
      let (r, c) = (reference.doubles(at: index), candidate.doubles(at: index))
      let difference = c - r
      let magnitude = difference.magnitude
      error += magnitude
      squaredError += difference * difference
      squaredReference += r * r
      squaredCandidate += c * c
      product += r * c
      largestError = pointwiseMax(largestError, magnitude)
      largestReference = pointwiseMax(largestReference, r.magnitude)
    }
    sums.error = error.sum()
    sums.squaredError = squaredError.sum()
    sums.squaredReference = squaredReference.sum()
    sums.squaredCandidate = squaredCandidate.sum()
    sums.product = product.sum()
    maximumError = largestError.max()
    referenceMaximum = largestReference.max()
    for index in whole..<reference.count {
      let (r, c) = (Double(reference[index]), Double(candidate[index]))
      sums.include(reference: r, candidate: c)
      maximumError = max(maximumError, abs(c - r))
      referenceMaximum = max(referenceMaximum, abs(r))
    }
  }
}

extension Span where Element == Float {
  /// The four elements from `index` on, widened.
  @inline(__always)
  func doubles(at index: Int) -> SIMD4<Double> {
    let part = extracting(index..<index + 4)
    let floats = unsafe part.bytes.unsafeLoadUnaligned(as: SIMD4<Float>.self)
    return SIMD4(Double(floats.x), Double(floats.y), Double(floats.z), Double(floats.w))
  }
}

extension SIMD4<Double> {
  /// The magnitude of each element.
  @inline(__always)
  var magnitude: SIMD4<Double> {
    let bits = unsafe unsafeBitCast(self, to: SIMD4<UInt64>.self) & 0x7FFF_FFFF_FFFF_FFFF
    return unsafe unsafeBitCast(bits, to: SIMD4<Double>.self)
  }
}
