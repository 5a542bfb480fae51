extension OnlineSoftmax {
  /// What one part added to the sums, and the largest similarity that they were counted from:
  /// `[blocks, 2, block]`.
  @safe struct PartShare {
    /// Where it is.
    let start: UnsafeMutableRawPointer

    func record(_ index: Int, _ block: Int, _ largest: SIMD16<Float>, _ sum: SIMD16<Float>) {
      let lines = unsafe BlockLines(start, 2 * index, block)
      lines[0] = largest
      lines[1] = sum
    }
  }

  /// The attention that the query positions paid to the part whose share is `share`, once all parts
  /// are absorbed; positions are those from number `first` on, of `positions` that there are.
  func attention(
    _ state: State, to share: PartShare, from first: Int, of positions: Int
  ) -> Double {
    (0..<blocks).reduce(0) { sum, index in
      let totals = unsafe BlockLines(state.totals, 2 * index, block)
      let lines = unsafe BlockLines(share.start, 2 * index, block)
      // The sum is a difference, whose rounding may be negative where the share is nothing.
      var weight = lines[1] * (lines[0] - totals[0]).powerOfTwo() / totals[1]
      weight.replace(with: 0, where: weight .< 0)
      return sum + lanes(index, from: first, of: positions).reduce(0) { $0 + Double(weight[$1]) }
    }
  }

  /// Adds the attention paid to each entry of a part, whose similarities are those in `state`, to
  /// `result`, once all parts are absorbed. `partial` is room for `[blocks, entries]`.
  func addAttention(
    _ state: State, from first: Int, of positions: Int, partial: UnsafeMutablePointer<Float>,
    to result: UnsafeMutablePointer<Float>
  ) {
    Team.forEach(blocks) { index in
      let similarities = unsafe BlockLines(state.similarities, index * lines, block)
      let totals = unsafe BlockLines(state.totals, 2 * index, block)
      let threshold =
        state.largest?.threshold(index, block) ?? SIMD16<Float>(repeating: -.infinity)
      let lanes = lanes(index, from: first, of: positions)
      var share = SIMD16<Float>.zero
      for lane in lanes { share[lane] = 1 / totals[1][lane] }
      let largest = totals[0]
      for entry in 0..<entries {
        let similarity = similarities[entry]
        var weight = (similarity - largest).powerOfTwo() * share
        weight.replace(with: 0, where: similarity .< threshold)
        // Lanes beyond the positions may hold what no number came of.
        weight.replace(with: 0, where: share .== 0)
        unsafe partial[index * entries + entry] = weight.sum()
      }
    }
    for entry in 0..<entries {
      unsafe result[entry] += (0..<blocks).reduce(0) { unsafe $0 + partial[$1 * entries + entry] }
    }
  }

  /// The lanes of block `index` that hold a query position.
  private func lanes(_ index: Int, from first: Int, of positions: Int) -> Range<Int> {
    0..<max(0, min(block, positions - first - index * block))
  }
}
