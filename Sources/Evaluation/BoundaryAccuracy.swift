public import Segmentation

extension ObjectMask {
  /// How far boundaries may be apart and still match: this share of the image's diagonal.
  public static let boundaryTolerance = 0.008

  /// How well the boundary of the pixels with `id` fits that in `other`, known as contour accuracy
  /// F (Perazzi et al., *A Benchmark Dataset and Evaluation Methodology for Video Object
  /// Segmentation*, CVPR 2016, as the DAVIS evaluation computes it).
  ///
  /// A pixel lies on the boundary where its right, lower or lower right neighbour is on the other
  /// side. It matches where the other boundary comes within ``boundaryTolerance`` of the diagonal,
  /// rounded up to whole pixels. F is the harmonic mean of the share of the one boundary that
  /// matches and of the share of the other; 1 where neither mask has a boundary, 0 where one has.
  /// Pixels that `other` leaves void belong to no object. Both must be of one size.
  public func boundaryAccuracy(with other: ObjectMask, id: UInt8) -> Double {
    precondition(width == other.width && height == other.height, "masks of different sizes")
    let (mine, theirs) = (Boundary(of: id, in: self, void: other), Boundary(of: id, in: other))
    guard mine.count > 0 && theirs.count > 0 else { return mine.count == theirs.count ? 1 : 0 }
    let diagonal = Double(width * width + height * height).squareRoot()
    let radius = Int((Self.boundaryTolerance * diagonal).rounded(.up))
    let precision = Double(mine.count(within: radius, of: theirs)) / Double(mine.count)
    let recall = Double(theirs.count(within: radius, of: mine)) / Double(theirs.count)
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
  }

  /// The number of pixels that belong to `id` in one of the masks alone; nil: whose ids differ.
  ///
  /// Both must be of one size.
  public func changedPixels(from other: ObjectMask, id: UInt8? = nil) -> Int {
    precondition(width == other.width && height == other.height, "masks of different sizes")
    return zip(ids, other.ids).count { mine, theirs in
      id.map { (mine == $0) != (theirs == $0) } ?? (mine != theirs)
    }
  }
}

/// The pixels on an object's boundary.
private struct Boundary {
  /// How many there are.
  let count: Int
  private let width: Int
  private let height: Int
  /// For each row `width + 1` numbers: how many pixels on the boundary lie left of each column.
  private let before: [Int32]

  /// The boundary of the pixels with `id` in `mask` that are not void in `void`.
  init(of id: UInt8, in mask: ObjectMask, void: ObjectMask? = nil) {
    (width, height) = (mask.width, mask.height)
    var inside = mask.ids.map { $0 == id }
    if let void {
      for index in inside.indices where void.ids[index] == ObjectMask.void { inside[index] = false }
    }
    var before = [Int32](repeating: 0, count: (width + 1) * height)
    var count = 0
    for row in 0..<height {
      let (line, below) = (row * width, min(row + 1, height - 1) * width)
      var sum: Int32 = 0
      for column in 0..<width {
        let right = min(column + 1, width - 1)
        let pixel = inside[line + column]
        let isOnBoundary =
          pixel != inside[line + right] || pixel != inside[below + column]
          || pixel != inside[below + right]
        sum += isOnBoundary ? 1 : 0
        before[row * (width + 1) + column + 1] = sum
      }
      count += Int(sum)
    }
    self.before = before
    self.count = count
  }

  /// How many pixels lie within `radius` of one of `other`.
  func count(within radius: Int, of other: Boundary) -> Int {
    let reaches = (-radius...radius).map { row in
      (row, Int(Double(radius * radius - row * row).squareRoot()))
    }
    var matching = 0
    for row in 0..<height {
      for column in 0..<width where holds(row, column..<column + 1) {
        let matches = reaches.contains { offset, reach in
          (0..<height).contains(row + offset)
            && other.holds(row + offset, max(column - reach, 0)..<min(column + reach + 1, width))
        }
        matching += matches ? 1 : 0
      }
    }
    return matching
  }

  /// Whether one of the pixels in these columns of `row` is on the boundary.
  private func holds(_ row: Int, _ columns: Range<Int>) -> Bool {
    let start = row * (width + 1)
    return before[start + columns.upperBound] > before[start + columns.lowerBound]
  }
}
