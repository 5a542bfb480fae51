/// How the range that 8 bits cover is chosen from what calibration saw of a value.
///
/// What lies outside is clamped to its ends. `h` is the value's ``ValueHistogram``, whose elements
/// count as spread evenly over their bins, `n` their number and `[a, b]` their exact range. A range
/// is `[0, t]` or `[s, t]`, as the ``ActivationScheme`` asks.
///
/// - ``minmax``: `[a, b]`: nothing is clamped.
/// - ``percentile(_:)``: the range outside of which `(1 - p/100) n` elements lie: above `t`, or half of them below `s` and half above `t`.
/// - ``mse``: the range whose quantization `Q` has the least `Σ (x - Q(x))²` over `h`, rounding and
///   clamping together, searched down to 1/2048 of `[a, b]`.
/// - ``entropy``: the range whose quantization loses the least information; see `EntropySearch`.
public enum RangeMethod: Sendable, Hashable, CustomStringConvertible {
  /// The exact range.
  case minmax
  /// All but the outermost elements: the share that is kept, in percent.
  case percentile(Double)
  /// The least mean squared error.
  case mse
  /// The least Kullback-Leibler divergence.
  case entropy

  /// The percentile that is used where none is given.
  public static let standardPercentile = 99.99

  /// `minmax`, `percentile 99.99`, `mse` or `entropy`.
  public var description: String {
    switch self {
    case .minmax: "minmax"
    case .percentile(let share): "percentile \(share)"
    case .mse: "mse"
    case .entropy: "entropy"
    }
  }

  /// The range that `scheme` is to cover of the values in `histogram`; it lies within theirs.
  ///
  /// A range of 0 to 0 where the histogram is empty.
  public func range(of histogram: ValueHistogram, for scheme: ActivationScheme) -> ValueRange {
    let whole = ValueRange(minimum: histogram.minimum, maximum: histogram.maximum)
    guard histogram.count > 0, whole.magnitude > 0 else { return whole }
    return switch self {
    case .minmax: whole
    case .percentile(let share): histogram.range(keeping: share, for: scheme)
    case .mse: SquaredErrorSearch(histogram, scheme).range
    case .entropy: EntropySearch(histogram).range
    }
  }
}

extension ValueHistogram {
  /// The range outside of which all but `percentile` percent of the elements lie.
  func range(keeping percentile: Double, for scheme: ActivationScheme) -> ValueRange {
    precondition((0...100).contains(percentile), "percentile \(percentile)")
    switch scheme {
    case .image, .nonNegative:
      return ValueRange(minimum: minimum, maximum: max(minimum, quantile(percentile / 100)))
    case .asymmetric:
      let low = quantile((1 - percentile / 100) / 2)
      return ValueRange(minimum: low, maximum: max(low, quantile((1 + percentile / 100) / 2)))
    }
  }

  /// The number below which `share` of the elements lie, from 0 to 1: between the two elements next
  /// to that share, as numpy's `linear`, each at its place within its bin.
  func quantile(_ share: Double) -> Float {
    let place = share * Double(count - 1)
    let rank = place.rounded(.down)
    let (below, above) = (element(rank), element(min(rank + 1, Double(count - 1))))
    return Float(below + (place - rank) * (above - below))
  }

  /// Where the element of `rank`, from 0, lies if those of a bin are spread evenly over it; the
  /// first and the last are exact.
  private func element(_ rank: Double) -> Double {
    if rank == 0 { return Double(minimum) }
    if rank + 1 == Double(count) { return Double(maximum) }
    var below = 0.0
    for bin in bins {
      let inside = Double(self[bin])
      if rank < below + inside {
        let position = (Double(bin) + (rank - below + 0.5) / inside) * width
        return min(max(position, Double(minimum)), Double(maximum))
      }
      below += inside
    }
    return Double(maximum)
  }
}
