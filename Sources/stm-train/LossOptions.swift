import ArgumentParser
import CommandSupport
import Training

/// What is minimized.
struct LossOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The weight of the cross-entropy of frames 2 and 3, as published.", valueName: "weight"))
  var crossEntropy = 1.0
  @Option(
    help: ArgumentHelp(
      "Count only this share of each clip's pixels, the hardest, in the end.", valueName: "share"))
  var bootstrap: Double?
  @Option(
    help: ArgumentHelp(
      """
      The steps between which --bootstrap falls from 1 to its share. (default: from a tenth to a half \
      of the steps)
      """, valueName: "first:last"))
  var bootstrapSteps: StepRange?
  @Option(help: ArgumentHelp("The weight of the soft Dice loss.", valueName: "weight"))
  var dice = 0.0
  @Option(
    help: ArgumentHelp(
      """
      The weight of the attention loss, which helps to begin from scratch: a pixel is to attend to \
      its own object.
      """, valueName: "weight"))
  var attention = 0.0

  func validate() throws {
    let weights = [
      ("--cross-entropy", crossEntropy), ("--dice", dice), ("--attention", attention),
    ]
    for (option, weight) in weights where !(weight >= 0 && weight.isFinite) {
      throw ValidationError("\(option): expected at least 0, found \(weight)")
    }
    if weights.allSatisfy({ $0.1 == 0 }) {
      throw ValidationError(
        "--cross-entropy, --dice and --attention: expected a weight above 0, found none")
    }
    if let bootstrap, !(bootstrap > 0 && bootstrap <= 1) {
      throw ValidationError("--bootstrap: expected above 0 and up to 1, found \(bootstrap)")
    }
    if bootstrapSteps != nil && bootstrap == nil {
      throw ValidationError("--bootstrap-steps: expected --bootstrap, found none")
    }
  }

  /// The settings of a training of `steps` steps.
  func settings(over steps: Int) -> LossSettings {
    let range = bootstrapSteps ?? StepRange(first: steps / 10, last: steps / 2)
    return LossSettings(
      crossEntropy: crossEntropy,
      bootstrap: bootstrap.map {
        LossSettings.Bootstrap(share: $0, firstStep: range.first, lastStep: range.last)
      }, dice: dice, attention: attention)
  }
}

/// From one step to another.
struct StepRange: ExpressibleByArgument {
  /// The first step.
  let first: Int
  /// The last step.
  let last: Int

  /// A range.
  init(first: Int, last: Int) { (self.first, self.last) = (first, last) }

  /// Parses `100:500`.
  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard parts.count == 2, numbers.count == 2, numbers[0] >= 0, numbers[0] <= numbers[1] else {
      return nil
    }
    self.init(first: numbers[0], last: numbers[1])
  }
}
