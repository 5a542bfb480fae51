public import Segmentation

extension BitMask {
  /// The pixels of `mask` that belong to object `id`.
  public init(of id: UInt8, in mask: ObjectMask) { self = Self.all([id], in: mask)[0] }

  /// The pixels of `mask` that belong to each of `ids`, which differ, found in one pass.
  public static func all(_ ids: [UInt8], in mask: ObjectMask) -> [BitMask] {
    let (width, height) = (mask.width, mask.height)
    var masks = ids.map { _ in BitMask(width: width, height: height) }
    var places = [Int?](repeating: nil, count: 256)
    for (place, id) in ids.enumerated() { places[Int(id)] = place }
    unsafe mask.ids.withUnsafeBytes { ids in
      for row in 0..<height {
        let line = unsafe UnsafeRawBufferPointer(rebasing: ids[row * width..<(row + 1) * width])
        for word in 0..<(width + 63) / 64 {
          let (block, first) = unsafe PixelBlock.covering(word * 64, of: line)
          var left = ~UInt64(0) << UInt64(first)
          if let id = block.uniformID {
            if let place = places[Int(id)] {
              masks[place].put(left >> UInt64(first), row: row, word: word)
            }
            continue
          }
          while left != 0 {
            let id = block.id(at: left.trailingZeroBitCount)
            let equal = block.bits(equalTo: id) & left
            if let place = places[Int(id)] {
              masks[place].put(equal >> UInt64(first), row: row, word: word)
            }
            left &= ~equal
          }
        }
      }
    }
    return masks
  }
}

/// The ids of 64 pixels of a row, eight a word, from the least significant byte.
private struct PixelBlock {
  private var ids: SIMD8<UInt64>

  /// The block that ends no later than `row` does and has the pixels from `column` on, and the
  /// number of the first of these.
  ///
  /// The last block of a row may so begin among the pixels of that before; a row of less than 64 is
  /// led by copies of its first.
  @inline(__always)
  static func covering(
    _ column: Int, of row: UnsafeRawBufferPointer
  ) -> (block: PixelBlock, first: Int) {
    let start = min(column, row.count - 64)
    guard start < 0 else {
      return unsafe (
        PixelBlock(ids: row.loadUnaligned(fromByteOffset: start, as: SIMD8<UInt64>.self)),
        column - start
      )
    }
    var padded = unsafe PixelBlock(ids: SIMD8(repeating: UInt64(row[0]) &* ones))
    for column in 0..<row.count {
      let (lane, shift) = ((column - start) / 8, UInt64((column - start) % 8 * 8))
      padded.ids[lane] &= ~(0xff << shift)
      padded.ids[lane] |= unsafe UInt64(row[column]) << shift
    }
    return (padded, -start)
  }

  /// The id that all pixels have; nil: they differ.
  @inline(__always) var uniformID: UInt8? {
    let first = UInt8(truncatingIfNeeded: ids[0])
    return Self.joined(ids ^ SIMD8(repeating: UInt64(first) &* Self.ones)) == 0 ? first : nil
  }

  @inline(__always) func id(at pixel: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: ids[pixel / 8] >> UInt64(pixel % 8 * 8))
  }

  /// The bits of the pixels that have `id`.
  ///
  /// Of each word, another bit of each byte is kept: byte x of all of them together has a bit for
  /// pixel x of each word, which is the result's matrix of bits turned on its side.
  @inline(__always) func bits(equalTo id: UInt8) -> UInt64 {
    let odd = ids ^ SIMD8(repeating: UInt64(id) &* Self.ones)
    let sevenBits = SIMD8<UInt64>(repeating: 0x7f7f_7f7f_7f7f_7f7f)
    // The high bit of each byte that is 0; adding within seven bits carries into no other byte.
    let high = ~(((odd & sevenBits) &+ sevenBits) | odd | sevenBits)
    let whole = (high &- (high &>> SIMD8(repeating: 7))) | high
    let columns = SIMD8<UInt64>(1, 2, 4, 8, 16, 32, 64, 128) &* SIMD8(repeating: Self.ones)
    return Self.joined(whole & columns).transposed
  }

  /// The bits that are set in any of eight words.
  @inline(__always) private static func joined(_ words: SIMD8<UInt64>) -> UInt64 {
    let four = words.lowHalf | words.highHalf
    let two = four.lowHalf | four.highHalf
    return two[0] | two[1]
  }

  private static let ones: UInt64 = 0x0101_0101_0101_0101
}

extension UInt64 {
  /// The eight rows of eight bits as columns: squares of one, two and four bits change places.
  fileprivate var transposed: UInt64 {
    var bits = self
    bits.exchange(0x00aa_00aa_00aa_00aa, at: 7)
    bits.exchange(0x0000_cccc_0000_cccc, at: 14)
    bits.exchange(0x0000_0000_f0f0_f0f0, at: 28)
    return bits
  }

  /// Exchanges the bits `squares` with those `distance` above.
  private mutating func exchange(_ squares: UInt64, at distance: UInt64) {
    let moved = (self ^ self >> distance) & squares
    self ^= moved ^ moved << distance
  }
}
