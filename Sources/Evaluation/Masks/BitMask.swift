public import Segmentation

/// Which pixels of a picture belong to something, one bit each.
///
///     row y                  words y * wordsPerRow ..< (y + 1) * wordsPerRow
///     pixel x of a row       bit x % 64 of its word x / 64, from the least significant
///     bits beyond the width  0
public struct BitMask: Sendable, Hashable {
  /// The number of columns.
  public let width: Int

  /// The number of rows.
  public let height: Int

  /// How many words hold a row.
  let wordsPerRow: Int

  /// The bits, row by row.
  var words: [UInt64]

  /// A mask without a pixel.
  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    wordsPerRow = (width + 63) / 64
    words = [UInt64](repeating: 0, count: wordsPerRow * height)
  }

  /// The pixels of `mask` that belong to object `id`.
  public init(of id: UInt8, in mask: ObjectMask) {
    self.init(width: mask.width, height: mask.height)
    let (width, height, wordsPerRow) = (width, height, wordsPerRow)
    unsafe words.withUnsafeMutableBufferPointer { words in
      unsafe mask.ids.withUnsafeBytes { ids in
        for row in 0..<height {
          for word in 0..<wordsPerRow {
            let start = row * width + word * 64
            unsafe words[row * wordsPerRow + word] = Self.word(
              of: id,
              in: UnsafeRawBufferPointer(rebasing: ids[start..<start + min(64, width - word * 64)]))
          }
        }
      }
    }
  }

  /// The bits of up to 64 pixels: at once where all have the same id, else eight at a time.
  private static func word(of id: UInt8, in ids: UnsafeRawBufferPointer) -> UInt64 {
    if ids.count == 64, let uniform = unsafe uniform(ids) { return uniform == id ? ~0 : 0 }
    let pattern = UInt64(id) * ones
    var bits: UInt64 = 0
    let whole = ids.count & ~7
    for column in stride(from: 0, to: whole, by: 8) {
      let loaded = unsafe ids.loadUnaligned(fromByteOffset: column, as: UInt64.self)
      let difference = UInt64(littleEndian: loaded) ^ pattern
      // The high bit of each byte that is 0; adding within seven bits carries into no other byte.
      let equal = ~(((difference & ~highBits) &+ ~highBits) | difference) & highBits
      let gathered = ((equal >> 7) &* 0x0102_0408_1020_4080) >> 56
      bits |= gathered << UInt64(column)
    }
    for column in whole..<ids.count where unsafe ids[column] == id {
      bits |= 1 << UInt64(column)
    }
    return bits
  }

  /// The id that all of 64 pixels have; nil: they differ.
  private static func uniform(_ ids: UnsafeRawBufferPointer) -> UInt8? {
    let first = unsafe ids[0]
    let pattern = UInt64(first) * ones
    var difference: UInt64 = 0
    for column in stride(from: 0, to: 64, by: 8) {
      difference |= unsafe ids.loadUnaligned(fromByteOffset: column, as: UInt64.self) ^ pattern
    }
    return difference == 0 ? first : nil
  }

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// The number of pixels.
  public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// How many pixels belong to `other`, too. Both must be of one size.
  public func count(sharedWith other: BitMask) -> Int {
    precondition(hasSize(of: other), "masks of different sizes")
    var count = 0
    for index in words.indices {
      let both = words[index] & other.words[index]
      if both != 0 { count += both.nonzeroBitCount }
    }
    return count
  }

  /// How many pixels belong to this mask or to `other`. Both must be of one size.
  public func count(unitedWith other: BitMask) -> Int {
    precondition(hasSize(of: other), "masks of different sizes")
    return zip(words, other.words).reduce(0) { $0 + ($1.0 | $1.1).nonzeroBitCount }
  }

  /// The pixels that do not belong to `other`. Both must be of one size.
  public func subtracting(_ other: BitMask) -> BitMask {
    precondition(hasSize(of: other), "masks of different sizes")
    var result = self
    for index in words.indices { result.words[index] &= ~other.words[index] }
    return result
  }

  /// The bits of a row's last word that are pixels.
  var lastWord: UInt64 { width % 64 == 0 ? ~0 : (1 << UInt64(width % 64)) - 1 }

  func hasSize(of other: BitMask) -> Bool { width == other.width && height == other.height }
}
