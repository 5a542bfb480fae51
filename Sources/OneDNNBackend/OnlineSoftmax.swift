/// The softmax over the entries of a memory that is seen a part at a time.
///
/// After Milakov and Gimelshein, *Online normalizer calculation for softmax* (2018): for each query
/// position the largest similarity so far, the sum of the exponentials less that, and what was read
/// with these as weights, all scaled down when a larger similarity comes. Exponentials are powers of
/// two: similarities come multiplied by `log2 e`. Blocks of query positions are independent, so
/// results do not depend on the number of threads.
///
/// Where only the largest similarities count, a pass over all parts finds them first
/// (``collect(_:in:isFirst:)``); the others weigh 0.
@safe struct OnlineSoftmax {
  /// How many query positions a block holds.
  let block: Int
  /// The number of blocks.
  let blocks: Int
  /// The entries of a part, and how many lines of a block they take.
  let entries: Int, lines: Int
  /// The channels of what is read.
  let channels: Int
  /// Whether weights are bfloat16.
  let isHalf: Bool

  /// Where a read keeps its numbers.
  @safe struct State {
    /// Similarities, then binary32 weights: `[blocks, lines, block]`.
    let similarities: UnsafeMutableRawPointer
    /// bfloat16 weights: `[blocks, lines / 2, block, 2]`.
    let weights: UnsafeMutableRawPointer
    /// The largest similarities, then the sums: `[blocks, 2, block]`.
    let totals: UnsafeMutableRawPointer
    /// What was read: `[blocks, channels, block]`.
    let sums: UnsafeMutableRawPointer
    /// The largest similarities of all parts; nil: all count.
    let largest: Largest?
  }

  /// Turns a part's similarities into weights, and scales what was read to match. The first part
  /// begins with nothing read. Its share in the sums is left in `share`, where there is one.
  func absorb(_ state: State, isFirst: Bool, share: PartShare? = nil) {
    Team.forEach(blocks) { index in
      let similarities = unsafe BlockLines(state.similarities, index * lines, block)
      let totals = unsafe BlockLines(state.totals, 2 * index, block)
      let sums = unsafe BlockLines(state.sums, index * channels, block)
      var largest = Vector(repeating: -.infinity)
      for entry in 0..<entries {
        let similarity = similarities[entry]
        largest.replace(with: similarity, where: similarity .> largest)
      }
      let threshold = state.largest?.threshold(index, block) ?? Vector(repeating: -.infinity)
      var total = Vector.zero
      if isFirst {
        for channel in 0..<channels { sums[channel] = .zero }
      } else {
        let earlier = totals[0]
        largest.replace(with: earlier, where: earlier .> largest)
        let shrinkage = (earlier - largest).powerOfTwo()
        total = totals[1] * shrinkage
        if shrinkage != Vector(repeating: 1) {
          for channel in 0..<channels { sums[channel] *= shrinkage }
        }
      }
      let before = total
      if isHalf {
        let weights = unsafe state.weights + index * lines * block * MemoryLayout<UInt16>.size
        unsafe fill(weights, similarities, largest, threshold, &total)
      } else {
        for entry in 0..<entries {
          let similarity = similarities[entry]
          var weight = (similarity - largest).powerOfTwo()
          weight.replace(with: 0, where: similarity .< threshold)
          similarities[entry] = weight
          total += weight
        }
        for line in entries..<lines { similarities[line] = .zero }
      }
      totals[0] = largest
      totals[1] = total
      share?.record(index, block, largest, total - before)
    }
  }

  /// Weights of two entries share a line, and are summed as they are rounded. Only processors with
  /// blocks of 16 have bfloat16.
  private func fill(
    _ weights: UnsafeMutableRawPointer, _ similarities: BlockLines, _ largest: Vector,
    _ threshold: Vector, _ total: inout Vector
  ) {
    let bits = unsafe weights.assumingMemoryBound(to: SIMD16<UInt32>.self)
    func weight(_ entry: Int) -> SIMD16<UInt32> {
      guard entry < entries else { return .zero }
      let similarity = similarities[entry]
      var exact = (similarity - largest).powerOfTwo()
      exact.replace(with: 0, where: similarity .< threshold)
      let pattern = unsafe unsafeBitCast(exact, to: SIMD16<UInt32>.self)
      // No weight is a NaN unless a similarity is.
      return (pattern &+ 0x7FFF &+ (pattern &>> 16 & 1)) & 0xFFFF_0000
    }
    for line in 0..<lines / 2 {
      let (low, high) = (weight(2 * line), weight(2 * line + 1))
      total += unsafe unsafeBitCast(low, to: Vector.self)
      total += unsafe unsafeBitCast(high, to: Vector.self)
      unsafe bits[line] = low &>> 16 | high
    }
  }

  /// What was read over the sums, for the blocks of query positions from number `first` on, of
  /// `positions` that there are: in blocks of `outputBlock` channels,
  /// `[channels / outputBlock, positions, outputBlock]`.
  func finish(
    _ state: State, from first: Int, of positions: Int, outputBlock: Int,
    to output: UnsafeMutableRawPointer
  ) {
    let result = unsafe output.assumingMemoryBound(to: Float.self)
    Team.forEach(blocks) { index in
      let totals =
        unsafe state.totals.assumingMemoryBound(to: Float.self) + (2 * index + 1) * block
      let sums = unsafe state.sums.assumingMemoryBound(to: Float.self) + index * channels * block
      let position = first + index * block
      for lane in 0..<max(0, min(block, positions - position)) {
        let total = unsafe totals[lane]
        var target = unsafe result + (position + lane) * outputBlock
        for channel in stride(from: 0, to: channels, by: outputBlock) {
          for offset in 0..<outputBlock {
            unsafe target[offset] = unsafe sums[(channel + offset) * block + lane] / total
          }
          unsafe target += positions * outputBlock
        }
      }
    }
  }
}

extension SIMD16<Float> {
  /// `2^x` of numbers that are not positive, within 2 units in the last place; at least 2^-126. NaN
  /// stays NaN.
  @inline(__always) func powerOfTwo() -> SIMD16<Float> {
    var x = self
    x.replace(with: -126, where: x .< -126)
    // Adding 1.5 · 2^23 leaves no bits for a fraction, and the whole number in the lowest ones.
    let whole = SIMD16<Float>(repeating: 0x1.8p23)
    let shifted = x + whole
    let r = x - (shifted - whole)
    // (ln 2)^k / k!, for |r| <= 1/2.
    var p = r * 1.540_353e-4 + 1.333_355_8e-3
    p = p * r + 9.618_129e-3
    p = p * r + 5.550_411e-2
    p = p * r + 0.240_226_51
    p = p * r + 0.693_147_18
    p = p * r + 1
    let exponent = unsafe unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &<< 23
    return unsafe unsafeBitCast(
      unsafeBitCast(p, to: SIMD16<UInt32>.self) &+ exponent, to: SIMD16<Float>.self)
  }
}

/// The numbers of a block of query positions.
private typealias Vector = SIMD16<Float>
