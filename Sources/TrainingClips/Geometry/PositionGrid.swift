/// Where in a picture the pixels of a region are taken from.
///
/// The map is asked at every eighth pixel of every eighth row; the others are put between these in
/// proportion. That is exact for affine maps, and near enough for the smooth bends of splines, which
/// cost too much to work out at each pixel.
struct PositionGrid {
  /// The pixels from one position that the map is asked for to the next.
  static let spacing = 8

  private let columns: Int
  private let positions: [SIMD2<Float>]

  /// The positions that `map` gives the centres of the pixels in `region`.
  init(_ region: Region, map: (SIMD2<Double>) -> SIMD2<Double>) {
    let spacing = Self.spacing
    columns = (region.width + spacing - 1) / spacing + 1
    let rows = (region.height + spacing - 1) / spacing + 1
    var positions: [SIMD2<Float>] = []
    positions.reserveCapacity(columns * rows)
    for row in 0..<rows {
      for column in 0..<columns {
        let pixel = SIMD2(region.x + column * spacing, region.y + row * spacing)
        positions.append(SIMD2<Float>(map(SIMD2<Double>(pixel) + 0.5)))
      }
    }
    self.positions = positions
  }

  /// The positions of the first pixel of each eight in `row`, and of the one behind the last.
  func row(_ row: Int) -> [SIMD2<Float>] {
    let (above, step) = row.quotientAndRemainder(dividingBy: Self.spacing)
    let start = above * columns
    let share = Float(step) / Float(Self.spacing)
    return (start..<start + columns).map { index in
      step == 0
        ? positions[index]
        : positions[index] + (positions[index + columns] - positions[index]) * share
    }
  }
}
