public import Tensors

extension ObjectMask {
  /// The most probable of `objects`, or the background, at each pixel; the one before the other where
  /// two are equal.
  ///
  /// `probabilities` is `[N + 1, 1, H, W]`, background first, then those of the `N` objects.
  public init(mostProbable probabilities: FloatTensor, of objects: [UInt8]) {
    let ids = [0] + objects
    precondition(ids.count == probabilities.shape[0], "\(objects.count) objects")
    let places = Self.mostProbable(probabilities)
    self.init(
      width: probabilities.shape[3], height: probabilities.shape[2],
      ids: objects.elementsEqual(1..<UInt8(ids.count)) ? places : places.map { ids[Int($0)] })
  }

  /// The place of the largest probability at each pixel.
  private static func mostProbable(_ probabilities: FloatTensor) -> [UInt8] {
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
    return ids
  }

  /// 1 where a pixel has the id and 0 elsewhere, for the background, which pixels without one of
  /// `objects` belong to, and for `objects`: `[N + 1, 1, H, W]`.
  public func probabilities(of objects: [UInt8]) -> FloatTensor {
    FloatTensor(
      shape: [objects.count + 1, 1, height, width],
      values: ids.map { objects.contains($0) ? 0 : 1 }
        + objects.flatMap { id in ids.map { $0 == id ? 1 : 0 } })
  }
}
