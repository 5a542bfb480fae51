/// What a step of training is made of.
public struct TrainerSettings: Sendable, Hashable, Codable {
  /// Clips in a step, over all processes together.
  public var batch: Int
  /// How gradients become changes of the weights.
  public var optimizer: OptimizerSettings
  /// The learning rate of each step.
  public var schedule: LearningRateSchedule
  /// The largest norm of all gradients together; nil: any.
  public var gradientNorm: Double?
  /// What the learning rate of scales is, over that of weights: what is trained of a scale is its
  /// logarithm, and has to move by tenths where weights move by thousandths.
  public var scaleRate: Double
  /// How much less the weights of a step count in their average than those of the next; nil: there is
  /// no average.
  public var averageDecay: Double?

  /// The ``scaleRate`` unless told otherwise: 1e-2 where weights have 1e-5.
  public static let standardScaleRate = 1000.0

  /// Settings.
  public init(
    batch: Int, optimizer: OptimizerSettings = OptimizerSettings(),
    schedule: LearningRateSchedule, gradientNorm: Double? = nil,
    scaleRate: Double = Self.standardScaleRate,
    averageDecay: Double? = nil
  ) {
    self.batch = batch
    self.optimizer = optimizer
    self.schedule = schedule
    self.gradientNorm = gradientNorm
    self.scaleRate = scaleRate
    self.averageDecay = averageDecay
  }
}
