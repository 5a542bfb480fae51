import Images

/// What is there beyond the edge of a picture.
enum Border {
  /// Nothing: pixels without colour, of opacity 0.
  case transparent
  /// The picture as in a mirror along its edge.
  case mirror
}

/// A picture whose pixels have an opacity, and colours that are multiplied by it (Porter and Duff,
/// *Compositing Digital Images*, SIGGRAPH 1984).
struct Pixels: Sendable, Equatable {
  /// The number of columns and rows.
  let width: Int, height: Int
  /// Red, green, blue and alpha of each pixel, row by row.
  var values: [SIMD4<UInt8>]

  /// Bytes of memory.
  var byteCount: Int { 4 * values.count }

  /// `image` in the columns and rows of `part`, as opaque as `alpha` says at their positions in it.
  init(_ image: RGBImage, in part: Region, alpha: (Int) -> UInt8) {
    (width, height) = (part.width, part.height)
    var values: [SIMD4<UInt8>] = []
    values.reserveCapacity(width * height)
    let bytes = image.bytes.span
    for row in part.y..<part.y + part.height {
      for position in row * image.width + part.x..<row * image.width + part.x + width {
        values.append(
          Self.multiplied(
            SIMD4(
              bytes[3 * position], bytes[3 * position + 1], bytes[3 * position + 2],
              alpha(position))))
      }
    }
    self.values = values
  }

  /// All of `image`, opaque.
  init(_ image: RGBImage) {
    self.init(image, in: Region(width: image.width, height: image.height)) { _ in 255 }
  }

  /// `image` in the columns and rows of `part`.
  init(_ image: RGBAImage, in part: Region) {
    (width, height) = (part.width, part.height)
    let bytes = image.bytes
    values = (part.y..<part.y + part.height).flatMap { row in
      (part.x..<part.x + part.width).map { column in
        let position = 4 * (row * image.width + column)
        return Self.multiplied(
          SIMD4(bytes[position], bytes[position + 1], bytes[position + 2], bytes[position + 3]))
      }
    }
  }

  /// A picture of `values`, one for each pixel, whose colours are multiplied by their opacity already.
  init(width: Int, height: Int, values: [SIMD4<UInt8>]) {
    precondition(values.count == width * height, "\(values.count) values")
    self.width = width
    self.height = height
    self.values = values
  }

  /// The colour of `pixel` multiplied by its opacity, rounded.
  private static func multiplied(_ pixel: SIMD4<UInt8>) -> SIMD4<UInt8> {
    guard pixel.w != 255 else { return pixel }
    let alpha = UInt16(pixel.w)
    var product = SIMD4<UInt16>(truncatingIfNeeded: pixel) &* alpha &+ 127
    product /= 255
    return SIMD4(UInt8(product.x), UInt8(product.y), UInt8(product.z), pixel.w)
  }

  /// The picture in half the size, rounded up: each pixel the mean of four.
  func halved(border: Border) -> Pixels {
    let (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2)
    let source = values.span
    var result: [SIMD4<UInt8>] = []
    result.reserveCapacity(halfWidth * halfHeight)
    func pixel(_ column: Int, _ row: Int) -> SIMD4<UInt16> {
      if column < width, row < height {
        return SIMD4(truncatingIfNeeded: source[row * width + column])
      }
      guard border == .mirror else { return .zero }
      return SIMD4(
        truncatingIfNeeded: source[min(row, height - 1) * width + min(column, width - 1)])
    }
    for row in 0..<halfHeight {
      for column in 0..<halfWidth {
        let above = pixel(2 * column, 2 * row) &+ pixel(2 * column + 1, 2 * row)
        let below = pixel(2 * column, 2 * row + 1) &+ pixel(2 * column + 1, 2 * row + 1)
        result.append(SIMD4(truncatingIfNeeded: (above &+ below &+ 2) &>> 2))
      }
    }
    return Pixels(width: halfWidth, height: halfHeight, values: result)
  }
}
