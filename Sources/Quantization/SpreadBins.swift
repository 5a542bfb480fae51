/// The bins of a histogram that have elements other than 0, as densities.
///
/// Elements count as spread evenly over their bin, or the part of it that lies in the exact range.
struct SpreadBins {
  private struct Bin {
    let lower, upper, count: Double
  }

  private let bins: [Bin]

  init(_ histogram: ValueHistogram) {
    let (low, high) = (Double(histogram.minimum), Double(histogram.maximum))
    bins = histogram.bins.compactMap { bin in
      let count = histogram[bin] - (bin == 0 ? histogram.zeroCount : 0)
      guard count > 0 else { return nil }
      let (lower, upper) = (Double(bin) * histogram.width, Double(bin + 1) * histogram.width)
      return Bin(
        lower: min(max(lower, low), high), upper: max(min(upper, high), low), count: Double(count))
    }
  }

  /// The sum of `(x - Q(x))²` over the elements, in closed form.
  ///
  /// With the scale `s`, the integer `k` nearest to `x / s` that the type holds and
  /// `r = x / s - k`, the antiderivative of `(x - k s)²` is `s³ (k / 12 + r³ / 3)`, continuous from
  /// one `k` to the next.
  func squaredError(of quantization: AffineQuantization) -> Double {
    let scale = Double(quantization.scale)
    let lowest = Double(quantization.range.lowerBound - quantization.zeroPoint)
    let highest = Double(quantization.range.upperBound - quantization.zeroPoint)
    // Adding 1.5 · 2^52 leaves no bits for a fraction.
    let whole = 0x1.8p52
    func nearest(_ steps: Double) -> Double {
      min(max(steps, lowest) + whole - whole, highest)
    }
    func integral(_ steps: Double) -> Double {
      let k = nearest(steps)
      let r = steps - k
      return k / 12 + r * r * r / 3
    }
    var sum = 0.0
    for bin in bins {
      let (lower, upper) = (bin.lower / scale, bin.upper / scale)
      if lower < upper {
        sum += bin.count * (integral(upper) - integral(lower)) / (upper - lower)
      } else {
        let r = lower - nearest(lower)
        sum += bin.count * r * r
      }
    }
    return sum * scale * scale
  }
}
