/// A rectangle of continuous positions; see ``AffineTransform``.
struct Box: Equatable {
  /// The corner on the left and on top.
  var low: SIMD2<Double>
  /// The corner on the right and below.
  var high: SIMD2<Double>

  /// The middle.
  var center: SIMD2<Double> { (low + high) / 2 }

  /// Width and height.
  var extent: SIMD2<Double> { high - low }

  /// The longer side.
  var longSide: Double { extent.max() }

  /// Nine positions in three rows: the corners, the middles of the sides and the centre.
  var grid: [SIMD2<Double>] {
    [0.0, 0.5, 1].flatMap { y in [0.0, 0.5, 1].map { x in low + SIMD2(x, y) * extent } }
  }

  /// The smallest rectangle around what `transform` makes of this one.
  func bounds(after transform: AffineTransform) -> Box {
    let corners = [low, SIMD2(high.x, low.y), SIMD2(low.x, high.y), high].map { transform($0) }
    return corners.reduce(into: Box(low: corners[0], high: corners[0])) { box, corner in
      box.low.replace(with: corner, where: corner .< box.low)
      box.high.replace(with: corner, where: corner .> box.high)
    }
  }

  /// The pixels of a frame of `width` x `height` that are at most `margin` from it; nil: none is.
  func region(margin: Double, width: Int, height: Int) -> Region? {
    func side(_ low: Double, _ high: Double, _ count: Int) -> Range<Int>? {
      let first = max((low - margin).rounded(.down), 0)
      let end = min((high + margin).rounded(.up), Double(count))
      return first < end ? Int(first)..<Int(end) : nil
    }
    guard let columns = side(low.x, high.x, width), let rows = side(low.y, high.y, height) else {
      return nil
    }
    return Region(
      x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
  }
}

/// Some columns and rows of a frame.
struct Region: Equatable {
  /// The first column and row.
  var x = 0, y = 0
  /// How many columns and rows there are.
  let width: Int, height: Int
}
