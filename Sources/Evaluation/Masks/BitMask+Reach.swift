extension BitMask {
  /// How many pixels are within `radius` of one of `other`: those shared with its dilation.
  ///
  /// The dilation is made only in the words in which this mask has pixels. A word there comes of
  /// three words of each row that the disk reaches: from its middle row outwards, they are grown by
  /// what the disk narrows, then joined by those of the next row above and below. Both masks must
  /// be of one size.
  public func count(within radius: Int, of other: BitMask) -> Int {
    precondition(hasSize(of: other), "masks of different sizes")
    guard radius <= 64 else { return count(sharedWith: other.dilated(by: radius)) }
    let widths = Self.halfWidths(ofDisk: radius)
    let steps = zip(widths, widths.dropFirst()).map { $0 - $1 }
    let near = other.words(near: self, radius: radius)
    let stride = span.count + 2
    var total = 0
    unsafe words.withUnsafeBufferPointer { words in
      unsafe near.withUnsafeBufferPointer { near in
        for row in rows {
          for word in span {
            let own = unsafe words[row * wordsPerRow + word]
            guard own != 0 else { continue }
            let index = (row - rows.lowerBound + radius) * stride + word - span.lowerBound + 1
            var reached = unsafe WordTriple(index, in: near)
            var offset = 0
            for step in steps where own & ~reached.own != 0 {
              for _ in 0..<step { reached.grow() }
              offset += stride
              unsafe reached.join(WordTriple(index - offset, in: near))
              unsafe reached.join(WordTriple(index + offset, in: near))
            }
            total += (own & reached.own).setBits
          }
        }
      }
    }
    return total
  }

  /// The words in reach of `mask`: `radius` rows above and below those that it has pixels in, and
  /// one word to the left and right; 0 where there are none.
  private func words(near mask: BitMask, radius: Int) -> [UInt64] {
    let (top, left) = (mask.rows.lowerBound - radius, mask.span.lowerBound - 1)
    let stride = mask.span.count + 2
    var near = [UInt64](repeating: 0, count: (mask.rows.count + 2 * radius) * stride)
    for row in (top..<mask.rows.upperBound + radius).clamped(to: rows) {
      for word in (left..<mask.span.upperBound + 1).clamped(to: span) {
        near[(row - top) * stride + word - left] = words[row * wordsPerRow + word]
      }
    }
    return near
  }

  /// For each distance from its middle row, from 0 to `radius`, how far a disk reaches to either
  /// side: it holds the offsets (x, y) with x² + y² ≤ radius².
  static func halfWidths(ofDisk radius: Int) -> [Int] {
    precondition(radius >= 0, "a radius of \(radius)")
    return (0...radius).map { distance in
      let square = radius * radius - distance * distance
      var width = Int(Double(square).squareRoot())
      while width * width > square { width -= 1 }
      return width
    }
  }
}

/// A word of a row between its neighbours.
private struct WordTriple {
  var before: UInt64
  var own: UInt64
  var after: UInt64

  /// The word at `index` and those beside it.
  @inline(__always) init(_ index: Int, in words: UnsafeBufferPointer<UInt64>) {
    before = unsafe words[index - 1]
    own = unsafe words[index]
    after = unsafe words[index + 1]
  }

  /// Sets the bits beside those that are set.
  @inline(__always) mutating func grow() {
    let (left, right) = (before, after)
    before |= left << 1 | left >> 1 | own << 63
    after |= right << 1 | right >> 1 | own >> 63
    own |= own << 1 | own >> 1 | left >> 63 | right << 63
  }

  @inline(__always) mutating func join(_ other: WordTriple) {
    before |= other.before
    own |= other.own
    after |= other.after
  }
}
