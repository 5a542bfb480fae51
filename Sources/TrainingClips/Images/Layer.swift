import Glibc

/// Something in a clip that moves by itself: the background, an object, or what covers one.
struct Layer {
  /// What it shows.
  let pixels: PixelPyramid
  /// From positions in the first frame to those in the picture.
  let place: AffineTransform
  /// How it moves.
  let motion: LayerMotion
  /// How its colours are in each frame.
  let colors: [ColorMatrix]
  /// How it is blurred in each frame.
  let blurs: [Blur]
  /// Its number in the masks; 0 is the background, and what covers an object.
  let id: UInt8

  /// What there is of it in `frame` of `width` x `height` pixels; nil: nothing.
  func canvas(in frame: Int, width: Int, height: Int) -> Canvas? {
    let transform = motion.transform(in: frame)
    let margin = motion.bend(in: frame) + blurs[frame].reach + 1
    let region =
      pixels.border == .mirror
      ? Region(width: width, height: height)
      : motion.box.bounds(after: transform).region(margin: margin, width: width, height: height)
    guard let region else { return nil }
    let back = motion.back(from: frame)
    var canvas = Canvas(
      region, showing: pixels, distance: place.scale / transform.scale, color: colors[frame]
    ) { place(back($0)) }
    canvas.blur(blurs[frame])
    return canvas
  }
}

extension LayerMotion.Pose {
  /// What lengths are multiplied by.
  var scale: Double { exp(scaling) }
}
