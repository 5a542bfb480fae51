extension BitMask {
  /// The pixels on the boundary: those of which the right, lower or lower right neighbour is on the
  /// other side.
  ///
  /// So it runs half a pixel to the upper left of where the sides meet, as the DAVIS evaluation has
  /// it. Beyond the right and the lower edge the picture goes on as it is there: an edge is no
  /// boundary.
  public var boundary: BitMask {
    guard !rows.isEmpty else { return BitMask(width: width, height: height) }
    let rows = max(rows.lowerBound - 1, 0)..<rows.upperBound
    let span = max(span.lowerBound - 1, 0)..<span.upperBound
    var result = BitMask(width: width, height: height, rows: rows, span: span)
    let (height, count) = (height, wordsPerRow)
    let edge: UInt64 = 1 << UInt64((width - 1) % 64)
    unsafe result.words.withUnsafeMutableBufferPointer { target in
      unsafe words.withUnsafeBufferPointer { words in
        for row in rows {
          let (line, below) = (row * count, min(row + 1, height - 1) * count)
          for word in span {
            let (own, lower) = unsafe (words[line + word], words[below + word])
            let (right, lowerRight): (UInt64, UInt64)
            if word + 1 < count {
              right = unsafe own >> 1 | words[line + word + 1] << 63
              lowerRight = unsafe lower >> 1 | words[below + word + 1] << 63
            } else {
              right = own >> 1 | own & edge
              lowerRight = lower >> 1 | lower & edge
            }
            unsafe target[line + word] = (own ^ right) | (own ^ lower) | (own ^ lowerRight)
          }
        }
      }
    }
    return result
  }

  /// The pixels within `radius` of one of these: those a disk reaches whose centre is one of them.
  ///
  /// The disk holds the offsets (x, y) with x² + y² ≤ radius². A row's bits grow by one to either
  /// side at a time, and go to all rows at which the disk is as wide as they have become.
  public func dilated(by radius: Int) -> BitMask {
    var result = BitMask(
      width: width, height: height, rows: 0..<height, span: 0..<wordsPerRow)
    let (height, count, last) = (height, wordsPerRow, lastWord)
    let reaches = Self.rows(ofDisk: radius)
    var grown = [UInt64](repeating: 0, count: count)
    unsafe result.words.withUnsafeMutableBufferPointer { target in
      unsafe grown.withUnsafeMutableBufferPointer { grown in
        for row in 0..<height {
          let line = row * count
          guard var first = words[line..<line + count].firstIndex(where: { $0 != 0 }),
            var end = words[line..<line + count].lastIndex(where: { $0 != 0 })
          else { continue }
          (first, end) = (first - line, end - line + 1)
          for word in 0..<count { unsafe grown[word] = words[line + word] }
          for reach in 0...radius {
            if reach > 0 {
              (first, end) = (max(first - 1, 0), min(end + 1, count))
              unsafe Self.grow(grown, first..<end)
              if end == count { unsafe grown[count - 1] &= last }
            }
            for offset in reaches[reach] where row + offset >= 0 && row + offset < height {
              let other = (row + offset) * count
              for word in first..<end { unsafe target[other + word] |= grown[word] }
            }
          }
        }
      }
    }
    return result
  }

  /// Sets the bits beside those of a row that are set, within the words `range`.
  private static func grow(_ row: UnsafeMutableBufferPointer<UInt64>, _ range: Range<Int>) {
    var before: UInt64 = 0
    var own = unsafe row[range.lowerBound]
    for word in range {
      let after = unsafe word + 1 < range.upperBound ? row[word + 1] : 0
      unsafe row[word] = own | own << 1 | own >> 1 | before >> 63 | after << 63
      (before, own) = (own, after)
    }
  }

  /// For each half width from 0 to `radius`, the rows, counted from the centre, at which a disk of
  /// that radius is so wide.
  private static func rows(ofDisk radius: Int) -> [[Int]] {
    var rows = [[Int]](repeating: [], count: radius + 1)
    for (distance, width) in halfWidths(ofDisk: radius).enumerated() {
      rows[width] += distance == 0 ? [0] : [-distance, distance]
    }
    return rows
  }
}
