import Differentiation
import Segmentation

/// Soft Dice losses: one minus how much an object's share and its true mask have in common,
/// `(2 sum(p t) + 1) / (sum(p) + sum(t) + 1)` over pixels that are not void (Sudre et al., *Generalised
/// Dice Overlap as a Deep Learning Loss Function*, 2017). The 1 makes an object that is not there a
/// matter of how many pixels are taken for it.
enum DiceLoss {
  /// The sum of the losses of the objects of one frame.
  ///
  /// Adds the gradient by the shares, times `scale`, to `gradient`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  static func sum<Scalar: Real>(
    _ frame: ObjectShares<Scalar>, _ mask: ObjectMask, scale: Double, gradient: inout [Scalar]
  ) -> Double {
    let (plane, shares, ids) = (frame.plane, frame.shares.span, mask.ids.span)
    var target = gradient.mutableSpan
    var sum = 0.0
    for object in 1...frame.objects {
      var (common, both) = (0.5, 1.0)
      for pixel in 0..<plane where ids[pixel] != ObjectMask.void {
        let share = Double(shares[object * plane + pixel])
        let isThere = Int(ids[pixel]) == object
        common += isThere ? share : 0
        both += isThere ? share + 1 : share
      }
      sum += 1 - 2 * common / both
      let ifThere = Scalar(scale * (2 * common / both - 2) / both)
      let elsewhere = Scalar(scale * 2 * common / (both * both))
      for pixel in 0..<plane where ids[pixel] != ObjectMask.void {
        target[object * plane + pixel] += Int(ids[pixel]) == object ? ifThere : elsewhere
      }
    }
    return sum
  }
}
