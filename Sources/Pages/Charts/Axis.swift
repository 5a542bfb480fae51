import Foundation

/// The numbers along one side of a chart: limits that are round, and ticks 1, 2 or 5 times a power
/// of ten apart.
struct Axis: Equatable {
  /// The number at the start.
  let lower: Double
  /// The number at the end.
  let upper: Double
  /// The distance of ticks.
  let step: Double

  /// An axis that covers the finite ones of `values` with about `count` ticks, and nothing beyond
  /// `limits`, where no value lies.
  init(
    covering values: some Sequence<Double>, ticks count: Int = 5,
    within limits: ClosedRange<Double> = -.infinity ... .infinity
  ) {
    var (least, most) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite {
      (least, most) = (min(least, value), max(most, value))
    }
    if least > most { (least, most) = (0, 1) }
    if least == most {
      let margin = max(abs(least) * 0.01, 0.001)
      (least, most) = (
        max(least - margin, limits.lowerBound), min(most + margin, limits.upperBound)
      )
    }
    step = Self.round((most - least) / Double(count))
    lower = max((least / step).rounded(.down) * step, limits.lowerBound)
    upper = min((most / step).rounded(.up) * step, limits.upperBound)
  }

  /// The least 1, 2 or 5 times a power of ten that is not below `width`.
  private static func round(_ width: Double) -> Double {
    let power = pow(10, log10(width).rounded(.down))
    let factor = [1.0, 2, 5].first { $0 * power >= width * 0.999 } ?? 10
    return factor * power
  }

  /// The numbers that have a tick.
  var ticks: [Double] {
    let first = Int((lower / step - 1e-6).rounded(.up))
    let last = Int((upper / step + 1e-6).rounded(.down))
    return first > last ? [] : (first...last).map { Double($0) * step }
  }

  /// A tick's label, with as many digits as ticks need to differ.
  func label(_ tick: Double) -> String {
    let places = max(0, Int((-log10(step * 1.0001)).rounded(.up)))
    return String(format: "%.\(places)f", tick == 0 ? 0 : tick).replacing("-", with: "−")
  }

  /// Where `value` lies between `start` and `end`.
  func place(_ value: Double, from start: Double, to end: Double) -> Double {
    start + (value - lower) / (upper - lower) * (end - start)
  }
}
