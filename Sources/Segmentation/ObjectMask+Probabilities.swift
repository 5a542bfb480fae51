public import Tensors

extension ObjectMask {
  /// The most probable id at each pixel, the lower one where two are equal.
  ///
  /// `probabilities` is `[N + 1, 1, H, W]`, background first.
  public init(mostProbable probabilities: FloatTensor) {
    let plane = probabilities.shape[2] * probabilities.shape[3]
    var ids = [UInt8](repeating: 0, count: plane)
    let source = probabilities.values.span
    for position in stride(from: 0, to: plane, by: 16) {
      var largest = source.vector(at: position, count: plane - position)
      var best = SIMD16<Int32>.zero
      for id in 1..<probabilities.shape[0] {
        let probability = source.vector(at: id * plane + position, count: plane - position)
        let wins = probability .> largest
        largest.replace(with: probability, where: wins)
        best.replace(with: Int32(id), where: wins)
      }
      for lane in 0..<min(16, plane - position) {
        ids[position + lane] = UInt8(truncatingIfNeeded: best[lane])
      }
    }
    self.init(width: probabilities.shape[3], height: probabilities.shape[2], ids: ids)
  }

  /// 1 where a pixel has the id and 0 elsewhere, for the background and `objectCount` objects:
  /// `[objectCount + 1, 1, H, W]`.
  public func probabilities(objectCount: Int) -> FloatTensor {
    FloatTensor(
      shape: [objectCount + 1, 1, height, width],
      values: (0...objectCount).flatMap { id in ids.map { $0 == id ? 1 : 0 } })
  }
}
