import Foundation

/// The learning rate of each step.
///
/// Over the first `warmUp` steps it rises evenly, from a share of `1 / (warmUp + 1)` on; then it
/// starts at ``base`` and goes the way of ``shape``.
public struct LearningRateSchedule: Sendable, Hashable, Codable {
  /// The way of the learning rate after the warm-up.
  public enum Shape: Sendable, Hashable, Codable {
    /// It stays.
    case constant
    /// `(1 - p) ^ power` of the way down to `floor`, with `p` from 0 to 1 up to step `end`.
    case polynomial(power: Double, floor: Double, end: Int)
    /// Half a cosine down to `floor` at step `end` (Loshchilov, Hutter, *SGDR*, ICLR 2017, without
    /// restarts).
    case cosine(floor: Double, end: Int)
  }

  /// The learning rate after the warm-up, above 0.
  public var base: Double
  /// How many steps the warm-up has.
  public var warmUp: Int
  /// The way after that.
  public var shape: Shape

  /// A schedule.
  public init(base: Double, warmUp: Int = 0, shape: Shape = .constant) {
    self.base = base
    self.warmUp = warmUp
    self.shape = shape
  }

  /// The learning rate of `step`, counted from 0. From step `end` on it is the floor.
  public func rate(at step: Int) -> Double {
    guard step >= warmUp else { return base * Double(step + 1) / Double(warmUp + 1) }
    func remaining(_ end: Int) -> Double {
      step >= end ? 0 : 1 - Double(step - warmUp) / Double(end - warmUp)
    }
    switch shape {
    case .constant: return base
    case .polynomial(let power, let floor, let end):
      return floor + (base - floor) * pow(remaining(end), power)
    case .cosine(let floor, let end):
      return floor + (base - floor) * (1 - cos(.pi * remaining(end))) / 2
    }
  }

  /// What is wrong with the schedule, a line each; empty: nothing is.
  public var problems: [String] {
    var problems: [String] = []
    if !(base > 0 && base.isFinite) {
      problems.append("learning rate: expected a number above 0, found \(base)")
    }
    if warmUp < 0 { problems.append("warm-up: expected at least 0 steps, found \(warmUp)") }
    switch shape {
    case .constant: break
    case .polynomial(let power, let floor, let end):
      if !(power > 0 && power.isFinite) {
        problems.append("power: expected a number above 0, found \(power)")
      }
      problems += descent(floor, end)
    case .cosine(let floor, let end): problems += descent(floor, end)
    }
    return problems
  }

  private func descent(_ floor: Double, _ end: Int) -> [String] {
    (floor >= 0 && floor <= base
      ? [] : ["floor: expected a learning rate from 0 to \(base), found \(floor)"])
      + (end > warmUp ? [] : ["end: expected a step after the warm-up's \(warmUp), found \(end)"])
  }
}
