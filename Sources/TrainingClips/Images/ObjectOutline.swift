import Images
import Segmentation

/// Where an object is in its picture.
struct ObjectOutline: Sendable, Equatable {
  /// Its id in the mask; 1 for a cut-out.
  let id: UInt8
  /// Its pixels, those of a cut-out that are more than half opaque.
  var pixelCount: Int
  /// The columns and rows that hold them all.
  var region: Region

  /// ``region`` as continuous positions.
  var box: Box {
    let low = SIMD2(Double(region.x), Double(region.y))
    return Box(low: low, high: low + SIMD2(Double(region.width), Double(region.height)))
  }

  /// The objects of `mask`, in ascending order; void is none.
  static func all(in mask: ObjectMask) -> [ObjectOutline] {
    outlines(mask.ids, width: mask.width).filter { $0.id != 0 && $0.id != ObjectMask.void }
  }

  /// What is more than half opaque in `cutOut`; nil: nothing is.
  static func opaque(in cutOut: RGBAImage) -> ObjectOutline? {
    let bytes = cutOut.bytes
    let ids = (0..<cutOut.size.pixelCount).map { bytes[4 * $0 + 3] > 127 ? UInt8(1) : 0 }
    return outlines(ids, width: cutOut.width).first { $0.id == 1 }
  }

  private static func outlines(_ ids: [UInt8], width: Int) -> [ObjectOutline] {
    var counts = [Int](repeating: 0, count: 256)
    var (left, right) = ([Int](repeating: .max, count: 256), [Int](repeating: 0, count: 256))
    var (top, bottom) = (left, right)
    let source = ids.span
    for row in 0..<(width == 0 ? 0 : source.count / width) {
      for column in 0..<width {
        let id = Int(source[row * width + column])
        counts[id] += 1
        left[id] = min(left[id], column)
        right[id] = max(right[id], column)
        top[id] = min(top[id], row)
        bottom[id] = row
      }
    }
    return (0..<256).compactMap { id in
      guard counts[id] > 0 else { return nil }
      return ObjectOutline(
        id: UInt8(id), pixelCount: counts[id],
        region: Region(
          x: left[id], y: top[id], width: right[id] - left[id] + 1,
          height: bottom[id] - top[id] + 1))
    }
  }
}
