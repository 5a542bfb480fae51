public import Images

extension RGBImage {
  /// The picture with `mask` on it: half the object's colour of `palette` within, all of it along
  /// the contour, which is `width` pixels wide. Background and void leave the picture as it is.
  public func overlaid(with mask: ObjectMask, palette: Palette, width contour: Int = 2) -> RGBImage
  {
    precondition(mask.size == size, "a mask of \(mask.size) on a picture of \(size)")
    var result = bytes
    for y in 0..<height {
      for x in 0..<width {
        let pixel = y * width + x
        let id = mask.ids[pixel]
        guard id != 0, id != ObjectMask.void else { continue }
        let isContour = (1...contour).contains { distance in
          [(x - distance, y), (x + distance, y), (x, y - distance), (x, y + distance)]
            .contains { x, y in
              (0..<width).contains(x) && (0..<height).contains(y) && mask.ids[y * width + x] != id
            }
        }
        for channel in 0..<3 {
          let color = palette.bytes[3 * Int(id) + channel]
          let place = 3 * pixel + channel
          result[place] =
            isContour ? color : UInt8((UInt16(bytes[place]) + UInt16(color) + 1) / 2)
        }
      }
    }
    return RGBImage(size: size, bytes: result)
  }
}
