import Images
import Segmentation

/// A picture taken apart: its objects by themselves, and what is behind them.
struct PreparedPicture: Sendable {
  /// What is behind the objects: the picture, where they were filled from around them; nil: it is a
  /// cut-out.
  let background: PixelPyramid?
  /// The objects, in the order of the picture's outlines, as opaque as their masks or alpha say.
  let objects: [PixelPyramid]

  /// Bytes of memory.
  var byteCount: Int {
    objects.reduce(background?.byteCount ?? 0) { $0 + $1.byteCount }
  }

  /// Reads `picture` for frames of `width` x `height` in which an object that is put onto another
  /// picture is at most `largestObject` pixels long. Throws `FileError` or `ImageError`, or `ClipError`
  /// where the mask is no longer of the image's size.
  init(
    _ picture: Gallery.Picture, width: Int, height: Int, largestObject: Double
  ) throws {
    let zoom = CropWindow.zoom(picture.size, width, height)
    guard let maskPath = picture.maskPath else {
      if let outline = picture.outlines.first {
        let cutOut = Pixels(try ImageFile.readRGBA(picture.path), in: outline.region)
        objects = [
          PixelPyramid(
            cutOut, origin: outline.box.low, zoom: outline.box.longSide / largestObject,
            border: .transparent)
        ]
        background = nil
      } else {
        objects = []
        background = PixelPyramid(
          Pixels(try ImageFile.readRGB(picture.path)), zoom: zoom, border: .mirror)
      }
      return
    }
    let (image, mask) = (
      try ImageFile.readRGB(picture.path), try ObjectMask(contentsOf: maskPath)
    )
    guard image.size == picture.size, mask.size == image.size else {
      throw ClipError.maskSize(path: maskPath, expected: image.size, found: mask.size)
    }
    let ids = mask.ids
    objects = picture.outlines.map { outline in
      PixelPyramid(
        Pixels(image, in: outline.region) { ids[$0] == outline.id ? 255 : 0 },
        origin: outline.box.low, zoom: zoom, border: .transparent)
    }
    let hole = mask.widened(by: max(2, min(image.width, image.height) / 100))
    let rest = Pixels(image, in: Region(width: image.width, height: image.height)) {
      hole[$0] ? 0 : 255
    }
    let pyramid = PixelPyramid(rest, zoom: zoom, border: .mirror)
    background = PixelPyramid(
      first: pyramid.levels[0].filled, origin: .zero, unit: pyramid.unit, border: .mirror)
  }
}

extension ObjectMask {
  /// Where something other than background is at most `radius` columns and rows away: edges of objects
  /// have colours of both sides.
  fileprivate func widened(by radius: Int) -> [Bool] {
    let isThere = ids.map { $0 != 0 }
    let across = Self.spread(isThere, radius, count: width, stride: 1, lines: height, apart: width)
    return Self.spread(across, radius, count: height, stride: width, lines: width, apart: 1)
  }

  /// Spreads what is true along lines of `count` elements that are `stride` apart.
  private static func spread(
    _ values: [Bool], _ radius: Int, count: Int, stride: Int, lines: Int, apart: Int
  ) -> [Bool] {
    var result = [Bool](repeating: false, count: values.count)
    for line in 0..<lines {
      var end = 0
      for index in 0..<count where values[line * apart + index * stride] {
        for reached in max(index - radius, end)..<max(min(index + radius + 1, count), end) {
          result[line * apart + reached * stride] = true
        }
        end = max(min(index + radius + 1, count), end)
      }
    }
    return result
  }
}
