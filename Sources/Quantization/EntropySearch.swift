import Foundation

/// Finds the range whose 8-bit quantization loses the least information about a histogram.
///
/// After Migacz, *8-bit Inference with TensorRT* (GPU Technology Conference 2017). For every window
/// of bins with 0 in it, `P` is the distribution of the elements clamped to the window: its
/// outermost bins take what lies outside. `Q` is the distribution of those inside after their bins
/// were merged into as many levels as 8 bits have, each level's elements spread evenly over those of
/// its bins that had any. The window with the least Kullback-Leibler divergence `Σ P log (P / Q)`
/// wins, the largest of several.
///
/// There are 256 levels. Windows grow bin by bin from one bin a level, to both sides in proportion to what each has. Two things are said here
/// that the slides leave open: elements that are 0 are left out, since they are exact in every
/// quantization and would draw the window to themselves; and an outermost bin that is empty but for
/// what it takes from outside counts as 1 in `Q`, which would be 0 there.
struct EntropySearch {
  private let histogram: ValueHistogram
  private let levels = 256
  private let first: Int
  private let counts: [Double]
  // Sums over the bins before each: of counts, of bins with any, and of c log c.
  private var mass = [0.0], filled = [0.0], information = [0.0]

  init(_ histogram: ValueHistogram) {
    self.histogram = histogram
    first = histogram.bins.lowerBound
    var counts = histogram.bins.map { Double(histogram[$0]) }
    counts[-first] -= Double(histogram.zeroCount)
    self.counts = counts
    for count in counts {
      mass.append(mass[mass.count - 1] + count)
      filled.append(filled[filled.count - 1] + (count > 0 ? 1 : 0))
      information.append(information[information.count - 1] + Self.information(count))
    }
  }

  /// The best range.
  var range: ValueRange {
    var best = (window: 0..<counts.count, divergence: Double.infinity)
    for size in stride(from: counts.count, through: levels, by: -1) {
      let below = (-first * size + counts.count / 2) / counts.count
      let start = -first - below
      let window = start..<start + size
      let divergence = divergence(of: window)
      if divergence < best.divergence - Self.tie { best = (window, divergence) }
    }
    func end(_ index: Int) -> Float {
      let end = Float(Double(index + first) * histogram.width)
      return min(max(end, histogram.minimum), histogram.maximum)
    }
    let (low, high) = (end(best.window.lowerBound), end(best.window.upperBound))
    return ValueRange(minimum: low, maximum: high)
  }

  /// The divergence of the quantized distribution from the one clamped to `window`, indices of
  /// bins; infinite where nothing lies inside.
  private func divergence(of window: Range<Int>) -> Double {
    let (start, end) = (window.lowerBound, window.upperBound)
    let total = mass[counts.count]
    let outside = (below: mass[start], above: total - mass[end])
    let missing = (
      first: counts[start] == 0 && outside.below > 0 ? 1.0 : 0,
      last: counts[end - 1] == 0 && outside.above > 0 ? 1.0 : 0
    )
    guard mass[end] > mass[start] else { return .infinity }
    let inside = mass[end] - mass[start] + missing.first + missing.last
    let edges = [(counts[start], outside.below), (counts[end - 1], outside.above)]
    var sum = information[end] - information[start]
    for (count, taken) in edges {
      sum += Self.information(count + taken) - Self.information(count)
    }
    var levelStart = start
    for level in 0..<levels {
      let levelEnd = start + ((level + 1) * window.count + levels - 1) / levels
      var p = mass[levelEnd] - mass[levelStart]
      var (q, bins) = (p, filled[levelEnd] - filled[levelStart])
      if level == 0 { (p, q, bins) = (p + outside.below, q + missing.first, bins + missing.first) }
      if level == levels - 1 {
        (p, q, bins) = (p + outside.above, q + missing.last, bins + missing.last)
      }
      if p > 0 { sum -= p * log(q / bins) }
      levelStart = levelEnd
    }
    return (sum + total * log(inside / total)) / total
  }

  // Differences of divergences, in nats, that rounding may make.
  private static let tie = 1e-9

  /// `c log c`.
  private static func information(_ count: Double) -> Double {
    count > 0 ? count * log(count) : 0
  }
}
