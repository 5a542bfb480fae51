import ArgumentParser
import CommandSupport
import Files
import Models
import Quantization
import STMModel
import Training

/// Training through the rounding of a plan.
struct QuantizationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Train for this plan: kernels and values are rounded as it holds them \
      (Schemas/precision-plan.schema.json), and the scales of values are trained, too.
      """, valueName: "plan"))
  var quantize: String?
  @Option(
    help: ArgumentHelp(
      "The model's ranges to begin with, as stm-quantize calibrate writes them.",
      valueName: "file"))
  var statistics: String?
  @Option(
    help: ArgumentHelp(
      """
      How many times as fast as weights the scales of values are trained: what is trained of a scale \
      is its logarithm. (default: 1000)
      """, valueName: "factor"))
  var scaleRate: Double?
  @Flag(help: "Hold 8-bit weights within -63...63, as stm-quantize --reduce-range does.")
  var reduceRange = false
  @Option(
    name: .customLong("learned-statistics"),
    help: ArgumentHelp(
      """
      Write the ranges of the trained model, for stm-quantize --plan --statistics --no-equalize \
      --bias-correction none.
      """,
      valueName: "file"))
  var learned: String?

  func validate() throws {
    let others: [(String, Bool)] = [
      ("--statistics", statistics != nil), ("--learned-statistics", learned != nil),
      ("--reduce-range", reduceRange), ("--scale-rate", scaleRate != nil),
    ]
    for (option, isGiven) in others where isGiven && quantize == nil {
      throw ValidationError("\(option): expected --quantize, found none")
    }
    for (option, isGiven) in others.prefix(2) where !isGiven && quantize != nil {
      throw ValidationError("--quantize: expected \(option) too, found none")
    }
    if let scaleRate, !(scaleRate >= 0 && scaleRate.isFinite) {
      throw ValidationError("--scale-rate: expected a number of at least 0, found \(scaleRate)")
    }
  }

  /// What the learning rate of scales is, over that of weights.
  var rate: Double { scaleRate ?? TrainerSettings.standardScaleRate }

  /// The files that are read, which decide the result.
  var inputs: [String] { [quantize, statistics].compactMap(\.self) }

  /// The rounding to train `model` through; nil: none. Throws what reading the files throws, or
  /// `ModelError.otherStatistics`.
  func open(for model: Model) throws -> TrainedQuantization? {
    guard let quantize, let statistics else { return nil }
    let plan = try PrecisionPlan(path: quantize)
    try model.network.check(plan, of: quantize)
    let ranges = try CalibrationStatistics(path: statistics, limits: .standard)
    try model.require(ranges)
    return try TrainedQuantization(
      model.network.deployedPrograms, plan: plan, statistics: ranges, reducesRange: reduceRange)
  }
}
