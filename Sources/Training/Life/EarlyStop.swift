/// The best validation so far, and how long ago it was.
public struct BestValidation: Sendable, Hashable, Codable {
  /// The steps that were done.
  public let step: Int
  /// The mean of J and F, from 0 to 1.
  public let overall: Double
  /// How many validations there were since, none of which was better.
  public var since: Int

  /// The validation after `step` steps.
  public init(step: Int, overall: Double, since: Int = 0) {
    (self.step, self.overall, self.since) = (step, overall, since)
  }
}

/// Ends a training that does not get better any more (Prechelt, *Early Stopping - But When?*, 1998).
public struct EarlyStop: Sendable, Hashable {
  /// How many validations in a row may be no better than the best before it ends; nil: it never does.
  public let patience: Int?
  /// The best validation; nil: there was none yet.
  public private(set) var best: BestValidation?

  /// An early stop after the validations that `best` tells of.
  public init(patience: Int?, best: BestValidation? = nil) {
    (self.patience, self.best) = (patience, best)
  }

  /// An early stop after `validations`, in their order.
  public init(patience: Int?, after validations: [ValidationMetrics]) {
    self.init(patience: patience)
    for validation in validations { _ = note(validation.overall, step: validation.step) }
  }

  /// Takes note of the validation after `step` steps, whose mean of J and F is `overall`; returns
  /// whether it is the best so far. One that equals the best is not, nor is one that is no number.
  public mutating func note(_ overall: Double, step: Int) -> Bool {
    guard let best, !(overall > best.overall) else {
      guard !overall.isNaN else { return false }
      best = BestValidation(step: step, overall: overall)
      return true
    }
    self.best?.since += 1
    return false
  }

  /// Whether the training is to end.
  public var isDue: Bool {
    guard let patience, let best else { return false }
    return best.since >= patience
  }
}
