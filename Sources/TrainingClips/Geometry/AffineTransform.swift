import Glibc

/// A map of the plane that keeps lines straight and parallel: `x' = xx x + xy y + x0`,
/// `y' = yx x + yy y + y0`.
///
/// Positions are continuous, in pixels to the right and down; the pixel in column 0 and row 0 reaches
/// from 0 to 1, with its centre at 0.5. What is not given leaves everything where it is.
struct AffineTransform: Equatable {
  var xx = 1.0
  var xy = 0.0
  var yx = 0.0
  var yy = 1.0
  var offset = SIMD2<Double>.zero

  /// Where `position` comes to lie.
  func callAsFunction(_ position: SIMD2<Double>) -> SIMD2<Double> {
    SIMD2(xx * position.x + xy * position.y, yx * position.x + yy * position.y) + offset
  }

  /// By what it multiplies areas; negative where it mirrors.
  var determinant: Double { xx * yy - xy * yx }

  /// By what it multiplies lengths, on the average.
  var scale: Double { abs(determinant).squareRoot() }

  /// The map back. The determinant must not be 0.
  var inverse: AffineTransform {
    let determinant = determinant
    precondition(determinant != 0, "a map onto a line")
    var result = AffineTransform(
      xx: yy / determinant, xy: -xy / determinant, yx: -yx / determinant, yy: xx / determinant)
    result.offset = -result(offset)
    return result
  }

  /// First this map, then `next`.
  func followed(by next: AffineTransform) -> AffineTransform {
    AffineTransform(
      xx: next.xx * xx + next.xy * yx, xy: next.xx * xy + next.xy * yy,
      yx: next.yx * xx + next.yy * yx, yy: next.yx * xy + next.yy * yy, offset: next(offset))
  }

  /// What shears along the rows by `shear` degrees, scales by `scale`, turns clockwise by `rotation`
  /// degrees, in this order and around `pivot`, and then moves by `translation` pixels.
  init(
    rotation: Double, scale: Double, shear: Double, around pivot: SIMD2<Double>,
    translation: SIMD2<Double> = .zero
  ) {
    let (sine, cosine) = (sin(rotation * .pi / 180), cos(rotation * .pi / 180))
    let slope = tan(shear * .pi / 180)
    self.init(
      xx: scale * cosine, xy: scale * (cosine * slope - sine), yx: scale * sine,
      yy: scale * (sine * slope + cosine))
    offset = pivot + translation - self(pivot)
  }

  /// The map of these coefficients.
  init(
    xx: Double = 1, xy: Double = 0, yx: Double = 0, yy: Double = 1, offset: SIMD2<Double> = .zero
  ) {
    self.xx = xx
    self.xy = xy
    self.yx = yx
    self.yy = yy
    self.offset = offset
  }
}
