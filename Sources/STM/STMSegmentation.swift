public import Images
public import Segmentation
public import Tensors

/// What is known of a frame: which object each pixel belongs to.
public struct STMSegmentation: Sendable {
  /// The ids of the objects, in the order of ``probabilities``.
  public let objects: [UInt8]
  /// The probability of the background and then of each object, `[N + 1, 1, H, W]`, summing to 1 at
  /// each pixel.
  public let probabilities: FloatTensor

  /// The most probable id of each pixel: 0 is the background.
  public let mask: ObjectMask

  init(objects: [UInt8], probabilities: FloatTensor) {
    self.objects = objects
    self.probabilities = probabilities
    mask = ObjectMask(mostProbable: probabilities, of: objects)
  }

  /// The probability of object `id` at each pixel, row by row; nil: it is not followed. 0 is the
  /// background.
  public func probability(of id: UInt8) -> [Float]? {
    guard let place = ([0] + objects).firstIndex(of: id) else { return nil }
    let plane = probabilities.shape[2] * probabilities.shape[3]
    return Array(probabilities.values[place * plane..<(place + 1) * plane])
  }

  /// The same in another size, such as that of frames that were scaled down: probabilities are linear
  /// between pixel centres.
  public func scaled(to size: ImageSize) -> STMSegmentation {
    STMSegmentation(objects: objects, probabilities: probabilities.scaled(to: size))
  }
}
