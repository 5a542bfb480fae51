/// What there is to tell of a training: what it was made with, and what its log says.
public struct TrainingRecord: Sendable, Hashable {
  /// How a training stands.
  public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
    /// It goes on.
    case running
    /// All steps are done.
    case finished
    /// It did not get better any more.
    case stoppedEarly
    /// It was ended before its last step, and can be resumed.
    case interrupted
  }

  /// The fingerprint of the model that it began with.
  public let model: String
  /// The settings that decide what comes of it.
  public let settings: TrainingSettings
  /// How many steps it was to have.
  public let plannedSteps: Int
  /// How it stands.
  public let outcome: Outcome
  /// Its steps, the first first.
  public let steps: [StepMetrics]
  /// Its validations, the first first.
  public let validations: [ValidationMetrics]

  /// The record of a training whose log is `lines`.
  public init(
    model: String, settings: TrainingSettings, plannedSteps: Int, outcome: Outcome,
    lines: [MetricsLine]
  ) {
    self.model = model
    self.settings = settings
    self.plannedSteps = plannedSteps
    self.outcome = outcome
    steps = lines.compactMap { if case .step(let metrics) = $0 { metrics } else { nil } }
    validations = lines.compactMap {
      if case .validation(let metrics) = $0 { metrics } else { nil }
    }
  }

  /// The validation with the largest mean of J and F, the first of several; nil: there was none.
  public var best: ValidationMetrics? {
    validations.reduce(nil) { best, next in
      next.overall.isNaN || next.overall <= best?.overall ?? -.infinity ? best : next
    }
  }

  /// The most steps that a smoothed number is the mean of, about.
  public static let longestHorizon = 100

  /// How many steps a smoothed number is the mean of, about: a fiftieth of all, or
  /// ``longestHorizon``.
  public var horizon: Int { min(max(steps.count / 50, 1), Self.longestHorizon) }

  /// `number` of each step as an exponential mean of those up to it.
  public func smoothed(_ number: KeyPath<StepMetrics, Double>) -> [Double] {
    var mean = ExponentialMean(over: horizon)
    return steps.map { step in
      mean.add(step[keyPath: number])
      return mean.value ?? step[keyPath: number]
    }
  }
}
