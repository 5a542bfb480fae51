/// A part of a picture in its size, half of it, a quarter and so on, so that it can be shown in any
/// size without leaving pixels out (Williams, *Pyramidal Parametrics*, SIGGRAPH 1983).
struct PixelPyramid: Sendable {
  /// Where the left upper corner of the part is in the picture, in the picture's pixels.
  let origin: SIMD2<Double>
  /// The pixels of the picture that the side of a pixel of the first level takes up.
  let unit: Double
  /// What is there beyond the edge.
  let border: Border
  /// The part in smaller and smaller size.
  let levels: [Pixels]

  /// The part `pixels` of a picture, its corner at `origin`, kept in the largest size in which showing
  /// it `zoom` times as small leaves at least a pixel for each.
  init(_ pixels: Pixels, origin: SIMD2<Double> = .zero, zoom: Double, border: Border) {
    var (first, unit) = (pixels, 1.0)
    while 2 * unit <= zoom {
      first = first.halved(border: border)
      unit *= 2
    }
    self.init(first: first, origin: origin, unit: unit, border: border)
  }

  /// The part of which `first` is the first level; see the properties.
  init(first: Pixels, origin: SIMD2<Double>, unit: Double, border: Border) {
    var levels = [first]
    while let last = levels.last, max(last.width, last.height) > 8 {
      levels.append(last.halved(border: border))
    }
    (self.origin, self.unit, self.border, self.levels) = (origin, unit, border, levels)
  }

  /// Bytes of memory.
  var byteCount: Int { levels.map(\.byteCount).reduce(0, +) }

  /// The level to take pixels from that are `distance` pixels of the picture apart, and the size of
  /// its pixels in those of the picture.
  func level(for distance: Double) -> (pixels: Pixels, unit: Double) {
    var (index, unit) = (0, unit)
    while index + 1 < levels.count, distance > unit * 1.414 {
      index += 1
      unit *= 2
    }
    return (levels[index], unit)
  }
}
