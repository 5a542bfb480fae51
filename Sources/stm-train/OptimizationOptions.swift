import ArgumentParser
import CommandSupport
import Training

/// How weights follow gradients.
struct OptimizationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "adam, or adamw, whose weight decay is apart from the gradients.", valueName: "name"))
  var optimizer = OptimizerChoice.adam
  @Option(help: ArgumentHelp("The learning rate after the warm-up.", valueName: "rate"))
  var learningRate = 1e-5
  @Option(
    help: ArgumentHelp(
      "How the learning rate falls: constant, polynomial or cosine.", valueName: "name"))
  var schedule = ScheduleChoice.constant
  @Option(help: ArgumentHelp("The power of the polynomial schedule. (default: 0.9)"))
  var power: Double?
  @Option(
    help: ArgumentHelp(
      "The learning rate at the end, unless the schedule is constant. (default: 0)",
      valueName: "rate"))
  var finalRate: Double?
  @Option(
    help: ArgumentHelp(
      "Let the learning rate rise from 0 over so many steps.", valueName: "steps"))
  var warmUp = 0
  @Option(
    help: ArgumentHelp(
      "How much weights shrink of themselves. (default: 0; adamw: 0.01)", valueName: "rate"))
  var weightDecay: Double?
  @Option(
    help: ArgumentHelp(
      "Scale gradients down so that the norm of all together is at most this.",
      valueName: "norm"))
  var clipGradients: Double?
  @Option(
    help: ArgumentHelp(
      "Write an exponential average of the weights that keeps this share at each step, as in 0.999.",
      valueName: "share"))
  var average: Double?

  func validate() throws {
    func check(_ option: String, _ value: Double?, isRight: (Double) -> Bool, _ expected: String)
      throws
    {
      guard let value, !value.isFinite || !isRight(value) else { return }
      throw ValidationError("\(option): expected \(expected), found \(value)")
    }
    try check("--learning-rate", learningRate, isRight: { $0 > 0 }, "a number above 0")
    try check("--power", power, isRight: { $0 > 0 }, "a number above 0")
    try check(
      "--final-rate", finalRate, isRight: { $0 >= 0 && $0 <= learningRate },
      "0 to --learning-rate")
    try check("--weight-decay", weightDecay, isRight: { $0 >= 0 }, "at least 0")
    try check("--clip-gradients", clipGradients, isRight: { $0 > 0 }, "a number above 0")
    try check("--average", average, isRight: { $0 > 0 && $0 < 1 }, "a number between 0 and 1")
    if warmUp < 0 { throw ValidationError("--warm-up: expected at least 0, found \(warmUp)") }
    if power != nil && schedule != .polynomial {
      throw ValidationError(
        "--power: expected --schedule polynomial, found \(schedule.rawValue)")
    }
    if finalRate != nil && schedule == .constant {
      throw ValidationError(
        "--final-rate: expected --schedule polynomial or cosine, found constant")
    }
  }
}

/// The optimizers by name.
enum OptimizerChoice: String, ExpressibleByArgument, CaseIterable { case adam, adamw }

/// The schedules by name.
enum ScheduleChoice: String, ExpressibleByArgument, CaseIterable {
  case constant, polynomial, cosine
}

extension OptimizationOptions {
  /// The optimizer.
  var settings: OptimizerSettings {
    switch optimizer {
    case .adam: OptimizerSettings(.adam, weightDecay: weightDecay ?? 0)
    case .adamw: OptimizerSettings(.adamW, weightDecay: weightDecay ?? 0.01)
    }
  }

  /// The learning rate of each of `steps` steps. Throws `ValidationError`.
  func rates(over steps: Int) throws -> LearningRateSchedule {
    guard warmUp < steps else {
      throw ValidationError("--warm-up: expected less than --steps \(steps), found \(warmUp)")
    }
    let shape: LearningRateSchedule.Shape =
      switch schedule {
      case .constant: .constant
      case .polynomial: .polynomial(power: power ?? 0.9, floor: finalRate ?? 0, end: steps)
      case .cosine: .cosine(floor: finalRate ?? 0, end: steps)
      }
    return LearningRateSchedule(base: learningRate, warmUp: warmUp, shape: shape)
  }
}
