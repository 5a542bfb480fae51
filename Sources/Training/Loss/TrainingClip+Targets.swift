import Differentiation
import STMModel
import Segmentation
import Tensors

extension TrainingClip {
  /// The frames that are segmented and whose losses count: all but the first.
  static let segmented = 1..<frameCount

  /// How many pixels of the segmented frames are not void.
  var knownPixels: Int {
    Self.segmented.reduce(0) { sum, frame in
      sum + masks[frame].ids.count { $0 != ObjectMask.void }
    }
  }

  /// The mask of each object in frame `frame`, 0 or 1: `[N, 1, H, W]`. Void belongs to none.
  func objectMasks<Scalar: Real>(_ frame: Int) -> Numbers<Scalar> {
    let mask = masks[frame]
    return Numbers(
      shape: [objectCount, 1, mask.height, mask.width],
      values: (1...objectCount).flatMap { object in
        mask.ids.map { Int($0) == object ? 1 : 0 }
      })
  }

  /// How much of each cell of the grid that keys are on belongs to each object in frame `frame`, from
  /// 0 to 1: `[H/16 * W/16]` for each object.
  func coverage(_ frame: Int) -> [[Double]] {
    let (mask, size) = (masks[frame], STMConfiguration.alignment)
    let (rows, columns) = (mask.height / size, mask.width / size)
    var result = [[Double]](
      repeating: [Double](repeating: 0, count: rows * columns), count: objectCount)
    for y in 0..<rows * size {
      for x in 0..<columns * size {
        let id = Int(mask.ids[y * mask.width + x])
        guard (1...objectCount).contains(id) else { continue }
        result[id - 1][y / size * columns + x / size] += 1 / Double(size * size)
      }
    }
    return result
  }
}
