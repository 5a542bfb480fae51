import Foundation

/// A mean in which what came later counts more: each number `decay` times as much as the next.
///
/// It has no start of its own that would have to fade: after the first number it is that number, and
/// after `n` of them it is what Adam calls bias-corrected, with the weights `decay ^ (n - k)` over
/// their sum for number `k`.
public struct ExponentialMean: Sendable, Hashable {
  /// How much less a number counts than the next one, from 0 to below 1.
  public let decay: Double
  /// How many numbers there were.
  public private(set) var count = 0
  /// The mean; nil: of nothing.
  public private(set) var value: Double?

  /// The mean of nothing yet.
  public init(decay: Double) { self.decay = decay }

  /// The mean of nothing yet, in which about the last `horizon` numbers count, at least 1.
  public init(over horizon: Int) { self.init(decay: 1 - 1 / Double(max(horizon, 1))) }

  /// Takes `number` into the mean.
  public mutating func add(_ number: Double) {
    count += 1
    value = value.map { $0 + (number - $0) * Self.share(ofLast: count, decay: decay) } ?? number
  }

  /// The weight of the last of `count` numbers, where the weights of all add up to 1.
  static func share(ofLast count: Int, decay: Double) -> Double {
    (1 - decay) / (1 - power(decay, count))
  }

  /// `base ^ exponent`.
  static func power(_ base: Double, _ exponent: Int) -> Double { pow(base, Double(exponent)) }
}
