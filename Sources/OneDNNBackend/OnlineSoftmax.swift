import Tensors

/// The numbers of a block of neighbouring query positions.
protocol Lanes: SIMD where Scalar == Float {
  /// `e^x` of each number.
  func exponential() -> Self
}

extension SIMD16: Lanes where Scalar == Float {}

extension SIMD8: Lanes where Scalar == Float {
  func exponential() -> SIMD8<Float> {
    SIMD16(lowHalf: self, highHalf: self).exponential().lowHalf
  }
}

/// The softmax over the entries of a memory that is seen a part at a time.
///
/// After Milakov and Gimelshein, *Online normalizer calculation for softmax* (2018): for each query
/// position the largest similarity so far, the sum of the exponentials less that, and what was read
/// with these as weights, all scaled down when a larger similarity comes. Blocks of query positions
/// are independent, so results do not depend on the number of threads.
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
  }

  /// Turns a part's similarities into weights, and scales what was read to match. The first part
  /// begins with nothing read.
  func absorb(_ state: State, isFirst: Bool) {
    if block == 16 {
      absorb(state, isFirst: isFirst, SIMD16<Float>.self)
    } else {
      absorb(state, isFirst: isFirst, SIMD8<Float>.self)
    }
  }

  private func absorb<V: Lanes>(_ state: State, isFirst: Bool, _: V.Type) {
    Team.forEach(blocks) { index in
      let similarities = unsafe state.similarities.assumingMemoryBound(to: V.self) + index * lines
      let totals = unsafe state.totals.assumingMemoryBound(to: V.self) + 2 * index
      var largest = V(repeating: -.infinity)
      for entry in 0..<entries {
        let similarity = unsafe similarities[entry]
        largest.replace(with: similarity, where: similarity .> largest)
      }
      var total = V.zero
      let sums = unsafe state.sums.assumingMemoryBound(to: V.self) + index * channels
      if isFirst {
        for channel in 0..<channels { unsafe sums[channel] = .zero }
      } else {
        let before = unsafe totals[0]
        largest.replace(with: before, where: before .> largest)
        let shrinkage = (before - largest).exponential()
        total = unsafe totals[1] * shrinkage
        if shrinkage != V(repeating: 1) {
          for channel in 0..<channels { unsafe sums[channel] *= shrinkage }
        }
      }
      if isHalf {
        let weights =
          unsafe state.weights.assumingMemoryBound(to: UInt32.self) + index * lines / 2 * block
        unsafe fill(weights, similarities, largest, &total)
      } else {
        for entry in 0..<entries {
          let weight = unsafe (similarities[entry] - largest).exponential()
          unsafe similarities[entry] = weight
          total += weight
        }
        for line in entries..<lines { unsafe similarities[line] = .zero }
      }
      unsafe totals[0] = largest
      unsafe totals[1] = total
    }
  }

  /// Weights of two entries share a line, and are summed as they are rounded.
  private func fill<V: Lanes>(
    _ weights: UnsafeMutablePointer<UInt32>, _ similarities: UnsafeMutablePointer<V>,
    _ largest: V, _ total: inout V
  ) {
    for line in 0..<lines / 2 {
      func weight(_ entry: Int) -> V {
        guard entry < entries else { return .zero }
        let exact = unsafe (similarities[entry] - largest).exponential()
        var rounded = V.zero
        for lane in rounded.indices { rounded[lane] = exact[lane].roundedToBFloat16 }
        return rounded
      }
      let (low, high) = (weight(2 * line), weight(2 * line + 1))
      total += low
      total += high
      for lane in low.indices {
        unsafe weights[line * block + lane] = low[lane].bitPattern >> 16 | high[lane].bitPattern
      }
    }
  }

  /// What was read over the sums, for `positions` query positions: `[positions, channels]` in
  /// blocks of `outputBlock` channels, `[channels / outputBlock, positions, outputBlock]`.
  func finish(
    _ state: State, positions: Int, outputBlock: Int, to output: UnsafeMutableRawPointer
  ) {
    let result = unsafe output.assumingMemoryBound(to: Float.self)
    Team.forEach(blocks) { index in
      let totals =
        unsafe state.totals.assumingMemoryBound(to: Float.self) + (2 * index + 1) * block
      let sums = unsafe state.sums.assumingMemoryBound(to: Float.self) + index * channels * block
      for lane in 0..<min(block, positions - index * block) {
        let total = unsafe totals[lane]
        var target = unsafe result + (index * block + lane) * outputBlock
        for first in stride(from: 0, to: channels, by: outputBlock) {
          for channel in 0..<outputBlock {
            unsafe target[channel] = unsafe sums[(first + channel) * block + lane] / total
          }
          unsafe target += positions * outputBlock
        }
      }
    }
  }
}
