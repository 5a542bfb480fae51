import Differentiation
import Segmentation

/// The cross-entropy of pixels: minus the logarithm of the share of what a pixel truly belongs to.
enum CrossEntropy {
  /// The sum over the `counted` pixels of `frames` that have the largest one; void pixels have none.
  /// Of equal ones those count that come first: frame after frame, row after row.
  ///
  /// Adds the gradients by the shares, times `scale`, to `gradients`, one for each frame.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  static func sum<Scalar: Real>(
    _ frames: [ObjectShares<Scalar>], _ masks: [ObjectMask], counted: Int, scale: Double,
    gradients: inout [[Scalar]]
  ) -> Double {
    var losses = zip(frames, masks).flatMap { Self.losses($0, $1) }
    let known = losses.count { $0 >= 0 || $0.isNaN }
    if counted < known { keep(counted, of: &losses) }
    var (sum, first) = (0.0, 0)
    let scale = Scalar(scale)
    for (number, frame) in frames.enumerated() {
      let mask = masks[number]
      let (plane, shares, ids) = (frame.plane, frame.shares.span, mask.ids.span)
      var target = gradients[number].mutableSpan
      for pixel in 0..<plane {
        let loss = losses[first + pixel]
        guard loss >= 0 || loss.isNaN else { continue }
        sum += Double(loss)
        let index = Int(ids[pixel]) * plane + pixel
        target[index] -= scale / shares[index]
      }
      first += plane
    }
    return sum
  }

  /// The loss of each pixel, `[H, W]`; -1 for those that do not count.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  private static func losses<Scalar: Real>(
    _ frame: ObjectShares<Scalar>, _ mask: ObjectMask
  ) -> [Scalar] {
    let (plane, shares, ids) = (frame.plane, frame.shares.span, mask.ids.span)
    var losses = [Scalar](repeating: -1, count: plane)
    var target = losses.mutableSpan
    for pixel in 0..<plane where ids[pixel] != ObjectMask.void {
      let loss = -shares[Int(ids[pixel]) * plane + pixel].logarithm
      target[pixel] = loss < 0 ? 0 : loss
    }
    return losses
  }

  /// Makes all but the `count` largest of `losses` -1.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  private static func keep<Scalar: Real>(_ count: Int, of losses: inout [Scalar]) {
    guard count > 0, !losses.contains(where: \.isNaN) else { return }
    let threshold = losses.sorted(by: >)[count - 1]
    var equal = count - losses.count { $0 > threshold }
    for index in losses.indices where losses[index] <= threshold {
      if losses[index] == threshold, equal > 0 { equal -= 1 } else { losses[index] = -1 }
    }
  }
}
