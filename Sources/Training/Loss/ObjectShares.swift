import Differentiation
import Segmentation
import Tensors

/// Soft aggregation (`SoftAggregation`) of the logits of objects, with its gradient.
///
/// With `x` the difference of an object's own logits: its odds are `e^x`, those of the background
/// `1 / T` where `T = (1 + e^x1)(1 + e^x2)... - 1`, which is summed up without cancellation. Odds are
/// clamped to those of probabilities of 1e-7 and 1 - 1e-7; a share is the odds over the sum of all
/// odds. Where odds are clamped nothing passes back through them, as through PyTorch's `clamp`.
struct ObjectShares<Scalar: Real> {
  /// The number of objects.
  let objects: Int
  /// Height and width.
  let size: (height: Int, width: Int)
  /// The probabilities of background and every object, `[N + 1, H, W]`, which sum to 1 at each pixel.
  let shares: [Scalar]
  /// `x`, `[N, H, W]`.
  private let differences: [Scalar]
  /// `T`, `[H, W]`.
  private let inverseOdds: [Scalar]

  /// The number of pixels of a frame.
  var plane: Int { size.height * size.width }

  /// The shares of objects with `logits` `[N, 2, H, W]`, background and object each.
  init(_ logits: Numbers<Scalar>) {
    objects = logits.shape[0]
    size = (logits.shape[2], logits.shape[3])
    let plane = size.height * size.width
    var differences = [Scalar](repeating: 0, count: objects * plane)
    var inverseOdds = [Scalar](repeating: 0, count: plane)
    var shares = [Scalar](repeating: 0, count: (objects + 1) * plane)
    Self.aggregate(logits, &differences, &inverseOdds, &shares)
    self.differences = differences
    self.inverseOdds = inverseOdds
    self.shares = shares
  }

  /// The masks of the objects, `[N, 1, H, W]`.
  var masks: Numbers<Scalar> {
    Numbers(
      shape: [objects, 1, size.height, size.width], values: Array(shares[plane...]))
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  private static func aggregate(
    _ logits: Numbers<Scalar>, _ differences: inout [Scalar], _ inverseOdds: inout [Scalar],
    _ shares: inout [Scalar]
  ) {
    let (objects, plane) = (logits.shape[0], logits.shape[2] * logits.shape[3])
    let limits = OddsLimits<Scalar>()
    let logits = logits.values.span
    var differences = differences.mutableSpan
    var inverseOdds = inverseOdds.mutableSpan
    var shares = shares.mutableSpan
    for pixel in 0..<plane {
      var product: Scalar = 0
      for object in 0..<objects {
        let x = logits[(2 * object + 1) * plane + pixel] - logits[2 * object * plane + pixel]
        differences[object * plane + pixel] = x
        let odds = limits.finite(x).exponential
        let next = product + odds * (1 + product)
        product = next > limits.mostProduct ? limits.mostProduct : next
        shares[(object + 1) * plane + pixel] = limits.clamped(odds)
      }
      inverseOdds[pixel] = product
      shares[pixel] = limits.clamped(1 / product)
      var total: Scalar = 0
      for index in 0...objects { total += shares[index * plane + pixel] }
      for index in 0...objects { shares[index * plane + pixel] /= total }
    }
  }

  /// The gradient by the logits, `[N, 2, H, W]`, given that by the shares, `[N + 1, H, W]`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  func gradient(byShares gradient: [Scalar]) -> Numbers<Scalar> {
    let (objects, plane) = (objects, plane)
    let limits = OddsLimits<Scalar>()
    var result = Numbers<Scalar>(zeros: [objects, 2, size.height, size.width])
    var target = result.values.mutableSpan
    let (shares, gradient) = (shares.span, gradient.span)
    let (differences, inverseOdds) = (differences.span, inverseOdds.span)
    for pixel in 0..<plane {
      var mean: Scalar = 0
      for index in 0...objects {
        mean += gradient[index * plane + pixel] * shares[index * plane + pixel]
      }
      let product = inverseOdds[pixel]
      var byBackground: Scalar = 0
      if limits.passes(1 / product) {
        byBackground = shares[pixel] * (gradient[pixel] - mean) * (1 + product) / product
      }
      for object in 0..<objects {
        let odds = limits.finite(differences[object * plane + pixel]).exponential
        var byDifference = -byBackground * (odds / (1 + odds))
        if limits.passes(odds) {
          let index = (object + 1) * plane + pixel
          byDifference += shares[index] * (gradient[index] - mean)
        }
        target[2 * object * plane + pixel] = -byDifference
        target[(2 * object + 1) * plane + pixel] = byDifference
      }
    }
    return result
  }
}

/// What odds are clamped to; numbers that are none stay none.
private struct OddsLimits<Scalar: Real> {
  private let most: Scalar
  private let least: Scalar
  /// So large that its inverse is clamped, and that another factor does not make it infinite.
  let mostProduct: Scalar = 1e18

  init() {
    let margin = Double(SoftAggregation.margin)
    most = Scalar((1 - margin) / margin)
    least = Scalar(margin / (1 - margin))
  }

  /// A difference whose exponential is finite, and beyond the limits where that of `x` is.
  @inline(__always)
  func finite(_ x: Scalar) -> Scalar { x < -40 ? -40 : x > 40 ? 40 : x }

  @inline(__always)
  func clamped(_ odds: Scalar) -> Scalar { odds < least ? least : odds > most ? most : odds }

  @inline(__always)
  func passes(_ odds: Scalar) -> Bool { odds >= least && odds <= most }
}
