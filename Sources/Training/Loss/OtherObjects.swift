import Differentiation
import Tensors

/// For each object the sum of the other objects' masks, at most 1 (`VideoSegmentation.others`).
///
/// Masks of one pixel do not sum to more than 1 but for rounding, which is all that is clamped: the
/// gradient passes everywhere.
enum OtherObjects {
  /// The sums, `[N, 1, H, W]`, of `masks` `[N, 1, H, W]`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func sums<Scalar: Real>(_ masks: Numbers<Scalar>) -> Numbers<Scalar> {
    var result = summedOthers(masks)
    var values = result.values.mutableSpan
    for index in values.indices where values[index] > 1 { values[index] = 1 }
    return result
  }

  /// The gradient by the masks, given that by the sums.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func gradient<Scalar: Real>(_ gradient: Numbers<Scalar>) -> Numbers<Scalar> {
    summedOthers(gradient)
  }
}

/// The sum of all objects but each, `[N, 1, H, W]`.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func summedOthers<Scalar: Real>(_ x: Numbers<Scalar>) -> Numbers<Scalar> {
  let (objects, plane) = (x.shape[0], x.shape.elementCount / x.shape[0])
  var result = Numbers<Scalar>(zeros: x.shape)
  let source = x.values.span
  var target = result.values.mutableSpan
  for object in 0..<objects {
    for other in 0..<objects where other != object {
      for pixel in 0..<plane {
        target[object * plane + pixel] += source[other * plane + pixel]
      }
    }
  }
  return result
}
