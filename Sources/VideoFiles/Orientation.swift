#if FFmpeg
  import CFFmpeg
  import Images

  /// How stored frames are turned to be shown: by quarters of a turn, perhaps mirrored.
  ///
  /// The point (x, y) is shown at (ax + cy, bx + dy), but for a shift (ISO/IEC 14496-12, 6.2.2).
  struct Orientation {
    private let a: Int
    private let b: Int
    private let c: Int
    private let d: Int

    /// That of a file, or nil where it is of another kind.
    init?(_ header: cffmpeg_header) {
      let numbers = [header.a, header.b, header.c, header.d]
      let units = numbers.map { Int($0 / 65536) }
      guard zip(numbers, units).allSatisfy({ Int($0) == $1 * 65536 }) else { return nil }
      guard [[1, 0, 0, 1], [0, 1, 1, 0]].contains(units.map(abs)) else { return nil }
      (a, b, c, d) = (units[0], units[1], units[2], units[3])
    }

    /// The size in which a frame of `size` is shown.
    func size(of size: ImageSize) -> ImageSize {
      a == 0 ? ImageSize(width: size.height, height: size.width) : size
    }

    /// `image` as it is shown.
    func apply(to image: RGBImage) -> RGBImage {
      guard (a, d) != (1, 1) else { return image }
      let size = size(of: image.size)
      let column = a + b < 0 ? image.width - 1 : 0
      let row = c + d < 0 ? image.height - 1 : 0
      var bytes = [UInt8](repeating: 0, count: image.bytes.count)
      let source = image.bytes.span
      var target = bytes.mutableSpan
      for y in 0..<size.height {
        for x in 0..<size.width {
          let from = 3 * ((c * x + d * y + row) * image.width + a * x + b * y + column)
          let to = 3 * (y * size.width + x)
          for channel in 0..<3 { target[to + channel] = source[from + channel] }
        }
      }
      return RGBImage(size: size, bytes: bytes)
    }
  }
#endif
