/// Which pixels of a picture belong to something, one bit each.
///
///     row y                  words y * wordsPerRow ..< (y + 1) * wordsPerRow
///     pixel x of a row       bit x % 64 of its word x / 64, from the least significant
///     bits beyond the width  0
public struct BitMask: Sendable {
  /// The number of columns.
  public let width: Int

  /// The number of rows.
  public let height: Int

  /// How many words hold a row.
  let wordsPerRow: Int

  /// The bits, row by row.
  var words: [UInt64]

  /// The rows outside of which there is no pixel.
  private(set) var rows = 0..<0

  /// The words of a row outside of which there is no pixel in any row.
  private(set) var span = 0..<0

  /// A mask without a pixel, that has room for some in `rows` and `span`.
  init(width: Int, height: Int, rows: Range<Int> = 0..<0, span: Range<Int> = 0..<0) {
    self.width = width
    self.height = height
    wordsPerRow = (width + 63) / 64
    words = [UInt64](repeating: 0, count: wordsPerRow * height)
    (self.rows, self.span) = (rows, span)
  }

  /// Sets a word that was 0.
  mutating func put(_ bits: UInt64, row: Int, word: Int) {
    words[row * wordsPerRow + word] = bits
    rows = rows.union(row..<row + 1)
    span = span.union(word..<word + 1)
  }

  /// The number of pixels.
  public var count: Int { counts(with: self).shared }

  /// Whether there is no pixel.
  public var isEmpty: Bool { count == 0 }

  /// How many pixels belong to `other`, too. Both must be of one size.
  public func count(sharedWith other: BitMask) -> Int { counts(with: other).shared }

  /// How many pixels belong to both masks, and how many to at least one. Both must be of one size.
  func counts(with other: BitMask) -> (shared: Int, united: Int) {
    precondition(hasSize(of: other), "masks of different sizes")
    var (shared, united) = (0, 0)
    let span = span.union(other.span)
    unsafe words.withUnsafeBufferPointer { mine in
      unsafe other.words.withUnsafeBufferPointer { theirs in
        for row in rows.union(other.rows) {
          for word in span {
            let index = row * wordsPerRow + word
            let (own, its) = unsafe (mine[index], theirs[index])
            guard own | its != 0 else { continue }
            let either = (own | its).setBits
            united += either
            shared += own == its ? either : (own & its).setBits
          }
        }
      }
    }
    return (shared, united)
  }

  /// The pixels that do not belong to `other`. Both must be of one size.
  public func subtracting(_ other: BitMask) -> BitMask {
    precondition(hasSize(of: other), "masks of different sizes")
    var result = self
    for row in rows {
      for index in row * wordsPerRow + span.lowerBound..<row * wordsPerRow + span.upperBound {
        result.words[index] &= ~other.words[index]
      }
    }
    return result
  }

  /// The bits of a row's last word that are pixels.
  var lastWord: UInt64 { width % 64 == 0 ? ~0 : (1 << UInt64(width % 64)) - 1 }

  func hasSize(of other: BitMask) -> Bool { width == other.width && height == other.height }
}

extension UInt64 {
  /// The number of bits that are set; most words of a mask have none or all.
  var setBits: Int { self == 0 ? 0 : ~self == 0 ? 64 : nonzeroBitCount }
}

extension Range<Int> {
  /// The smallest range that holds both; an empty one holds nothing.
  fileprivate func union(_ other: Range) -> Range {
    guard !isEmpty else { return other }
    guard !other.isEmpty else { return self }
    return Swift.min(lowerBound, other.lowerBound)..<Swift.max(upperBound, other.upperBound)
  }
}
