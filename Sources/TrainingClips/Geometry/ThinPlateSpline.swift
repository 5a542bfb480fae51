import Glibc

/// The smoothest map of the plane that takes given points to given places: of all that do, the one
/// that bends least (Bookstein, *Principal Warps*, IEEE PAMI 11(6), 1989).
///
/// It is a plane for each coordinate and a sum of `r² log r` around the points.
struct ThinPlateSpline {
  private let points: [SIMD2<Double>]
  private let weights: [SIMD2<Double>]
  private let origin: SIMD2<Double>
  private let alongX: SIMD2<Double>
  private let alongY: SIMD2<Double>

  /// The spline that takes each of `points` to the place of the same number.
  ///
  /// There must be three points that are not on a line, and no two of them in one place.
  init(from points: [SIMD2<Double>], to places: [SIMD2<Double>]) {
    precondition(points.count == places.count && points.count >= 3, "\(points.count) points")
    let count = points.count
    var rows = points.indices.map { index -> [Double] in
      points.map { Self.bend(at: points[index] - $0) } + [1, points[index].x, points[index].y]
    }
    rows.append([Double](repeating: 1, count: count) + [0, 0, 0])
    rows.append(points.map(\.x) + [0, 0, 0])
    rows.append(points.map(\.y) + [0, 0, 0])
    let solution = Self.solve(rows, places + [.zero, .zero, .zero])
    self.points = points
    weights = Array(solution[..<count])
    (origin, alongX, alongY) = (solution[count], solution[count + 1], solution[count + 2])
  }

  /// Where `position` comes to lie.
  func callAsFunction(_ position: SIMD2<Double>) -> SIMD2<Double> {
    var result = origin + alongX * position.x + alongY * position.y
    for index in points.indices {
      result += weights[index] * Self.bend(at: position - points[index])
    }
    return result
  }

  /// `r² log r` of the length of `distance`; 0 at 0.
  private static func bend(at distance: SIMD2<Double>) -> Double {
    let square = (distance * distance).sum()
    return square == 0 ? 0 : square * log(square) / 2
  }

  /// The solution of a system of linear equations, by elimination with the largest pivot of a column.
  private static func solve(
    _ matrix: [[Double]], _ rightSide: [SIMD2<Double>]
  ) -> [SIMD2<Double>] {
    var (rows, values) = (matrix, rightSide)
    for column in rows.indices {
      let pivot = (column..<rows.count).max { abs(rows[$0][column]) < abs(rows[$1][column]) }
      guard let pivot, rows[pivot][column] != 0 else {
        preconditionFailure("points on a line, or in one place")
      }
      rows.swapAt(column, pivot)
      values.swapAt(column, pivot)
      for row in column + 1..<rows.count where rows[row][column] != 0 {
        let factor = rows[row][column] / rows[column][column]
        for index in column..<rows.count { rows[row][index] -= factor * rows[column][index] }
        values[row] -= factor * values[column]
      }
    }
    for row in rows.indices.reversed() {
      for index in row + 1..<rows.count { values[row] -= rows[row][index] * values[index] }
      values[row] /= rows[row][row]
    }
    return values
  }
}
