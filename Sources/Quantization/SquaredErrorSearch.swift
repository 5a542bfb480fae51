import Foundation

/// Finds the range whose 8-bit quantization has the least squared error over a histogram.
///
/// Ends are tried at `2^(-k/8)` of the exact ones, down to less than 1/2048, and then between the
/// neighbours of the best. Where both ends move, they do so in proportion at first, and then in
/// turns for as long as the error falls.
struct SquaredErrorSearch {
  private let scheme: ActivationScheme
  private let whole: ValueRange
  private let bins: SpreadBins

  init(_ histogram: ValueHistogram, _ scheme: ActivationScheme) {
    self.scheme = scheme
    whole = ValueRange(minimum: histogram.minimum, maximum: histogram.maximum)
    bins = SpreadBins(histogram)
  }

  /// The best range.
  var range: ValueRange {
    let joint = best { scaled(by: $0, $0) }.factor
    guard scheme == .asymmetric, whole.minimum < 0, whole.maximum > 0 else {
      return scaled(by: joint, joint)
    }
    var (low, high) = (joint, joint)
    var least = Double.infinity
    while true {
      high = best(near: high) { scaled(by: low, $0) }.factor
      let (factor, error) = best(near: low) { scaled(by: $0, high) }
      low = factor
      guard error < least else { return scaled(by: low, high) }
      least = error
    }
  }

  private func scaled(by low: Double, _ high: Double) -> ValueRange {
    ValueRange(
      minimum: Float(low * Double(whole.minimum)), maximum: Float(high * Double(whole.maximum)))
  }

  /// The factor for which `range` has the least error, `start` where none has less, and that error.
  private func best(
    near start: Double = 1, _ range: (Double) -> ValueRange
  ) -> (factor: Double, error: Double) {
    func error(_ factor: Double) -> Double {
      bins.squaredError(of: scheme.quantization(of: range(factor)))
    }
    var best = (factor: start, error: error(start))
    func look(at factor: Double) {
      let error = error(factor)
      if error < best.error { best = (factor, error) }
    }
    for step in 0..<96 { look(at: exp2(-Double(step) / 8)) }
    var spacing = best.factor * (exp2(1 / 8) - 1)
    for _ in 0..<2 {
      let center = best.factor
      for index in -7...7 where index != 0 {
        look(at: min(center + Double(index) / 8 * spacing, 1))
      }
      spacing /= 8
    }
    return best
  }
}
