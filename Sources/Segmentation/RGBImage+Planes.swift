public import Images
public import Tensors

extension RGBImage {
  /// The picture as `[1, 3, H, W]`: red, green and blue, each 0 to 1.
  public var planes: FloatTensor {
    let levels = (0..<256).map { Float($0) / 255 }
    var result = FloatTensor(zeros: [1, 3, height, width])
    let source = bytes.span
    var target = result.values.mutableSpan
    let plane = size.pixelCount
    for pixel in 0..<plane {
      target[pixel] = levels[Int(source[3 * pixel])]
      target[plane + pixel] = levels[Int(source[3 * pixel + 1])]
      target[2 * plane + pixel] = levels[Int(source[3 * pixel + 2])]
    }
    return result
  }
}
