extension OnlineSoftmax {
  /// The largest similarities of each query position: `[blocks, count, block]`, each position's a
  /// binary heap (Williams, *Algorithm 232: Heapsort*, 1964) with the smallest first.
  @safe struct Largest {
    /// How many are kept.
    let count: Int
    /// Where they are.
    let start: UnsafeMutableRawPointer

    /// The smallest similarities that the positions of block `index` read.
    func threshold(_ index: Int, _ block: Int) -> SIMD16<Float> {
      unsafe BlockLines(start, index * count, block)[0]
    }
  }

  /// Keeps the largest of a part's similarities and of those before in `largest`. The first part
  /// begins with nothing kept, which negative infinity stands for; NaN is never kept.
  func collect(_ state: State, in largest: Largest, isFirst: Bool) {
    Team.forEach(blocks) { index in
      let similarities = unsafe BlockLines(state.similarities, index * lines, block)
      let heaps = unsafe BlockLines(largest.start, index * largest.count, block)
      if isFirst {
        for line in 0..<largest.count { heaps[line] = SIMD16(repeating: -.infinity) }
      }
      var threshold = heaps[0]
      for entry in 0..<entries {
        guard any(similarities[entry] .> threshold) else { continue }
        for lane in 0..<block where similarities[entry, lane] > heaps[0, lane] {
          Self.replaceSmallest(of: heaps, lane, largest.count, with: similarities[entry, lane])
        }
        threshold = heaps[0]
      }
    }
  }

  /// Puts `number` in place of the smallest of the heap in `lane`.
  private static func replaceSmallest(
    of heaps: BlockLines, _ lane: Int, _ count: Int, with number: Float
  ) {
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < count else { break }
      if child + 1 < count && heaps[child + 1, lane] < heaps[child, lane] { child += 1 }
      guard heaps[child, lane] < number else { break }
      heaps[place, lane] = heaps[child, lane]
      place = child
    }
    heaps[place, lane] = number
  }
}
