public import Tensors

extension ObjectMask {
  /// The most probable id at each pixel, the lower one where two are equal.
  ///
  /// `probabilities` is `[N + 1, 1, H, W]`, background first.
  public init(mostProbable probabilities: FloatTensor) {
    let plane = probabilities.shape[2] * probabilities.shape[3]
    var ids = [UInt8](repeating: 0, count: plane)
    for position in 0..<plane {
      var largest = probabilities.values[position]
      for id in 1..<probabilities.shape[0] {
        let probability = probabilities.values[id * plane + position]
        if probability > largest { (largest, ids[position]) = (probability, UInt8(id)) }
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
