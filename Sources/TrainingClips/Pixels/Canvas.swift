import Tensors

/// A part of a frame that is being painted: colours from 0 to 1, multiplied by their opacity.
struct Canvas {
  /// The part.
  let region: Region
  /// Red, green, blue and alpha of each pixel, row by row.
  var values: [SIMD4<Float>]

  /// A part on which there is nothing.
  init(_ region: Region) {
    self.region = region
    values = [SIMD4<Float>](repeating: .zero, count: region.width * region.height)
  }

  /// Puts `layer` over what is there; its region must lie within this one. Where it is more than half
  /// opaque, `ids`, one for each pixel of this region, become `id`.
  mutating func cover(with layer: Canvas, id: UInt8, ids: inout [UInt8]) {
    let width = region.width
    let first = (layer.region.y - region.y) * width + layer.region.x - region.x
    let source = layer.values.span
    var target = values.mutableSpan
    var marks = ids.mutableSpan
    for row in 0..<layer.region.height {
      let start = first + row * width
      for column in 0..<layer.region.width {
        let color = source[row * layer.region.width + column]
        guard color.w > 0 else { continue }
        target[start + column] = color + target[start + column] * (1 - color.w)
        if color.w > 0.5 { marks[start + column] = id }
      }
    }
  }

  /// The colours as `[1, 3, H, W]`: red, green and blue, each 0 to 1.
  var planes: FloatTensor {
    let plane = region.width * region.height
    var result = FloatTensor(zeros: [1, 3, region.height, region.width])
    let source = values.span
    var target = result.values.mutableSpan
    for pixel in 0..<plane {
      let color = source[pixel]
      target[pixel] = min(color.x, 1)
      target[plane + pixel] = min(color.y, 1)
      target[2 * plane + pixel] = min(color.z, 1)
    }
    return result
  }
}
