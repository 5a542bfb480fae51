import ArgumentParser
import Models
import Quantization
import STMModel

/// What is done to a model so that rounding harms it less.
struct RepairOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: """
      Scale the channels of values between layers so that 8 bits lose less. (default: where values \
      are held in 8-bit integers and the method is minmax)
      """)
  var equalize: Bool?
  @Flag(
    inversion: .prefixedNo,
    help: """
      Let biases take up what rounding adds to the means of results. (default: where kernels are \
      8-bit integers and there are statistics)
      """)
  var biasCorrection: Bool?

  /// Checks what was asked for against a plan of `network`. Throws `ValidationError`.
  func validate(for network: STMNetwork, _ plan: PrecisionPlan, _ method: RangeMethod) throws {
    if equalize == true {
      guard network.needsCalibration(for: plan) else {
        throw ValidationError("--equalize: expected a plan with 8-bit integers, found none")
      }
      guard method == .minmax else {
        throw ValidationError(
          "--equalize: expected --method minmax, since channels have no histograms, found \(method)"
        )
      }
    }
    if biasCorrection == true && !plan.hasIntegerWeights {
      throw ValidationError("--bias-correction: expected layers in int8 or w8, found none")
    }
  }

  /// How kernels become integers.
  func quantization(
    reducesRange: Bool, for network: STMNetwork, _ plan: PrecisionPlan, _ method: RangeMethod,
    _ statistics: CalibrationStatistics?
  ) -> WeightQuantization {
    WeightQuantization(
      reducesRange: reducesRange,
      equalizes: equalize ?? (method == .minmax && network.needsCalibration(for: plan)),
      correctsBiases: biasCorrection ?? (plan.hasIntegerWeights && statistics != nil))
  }

  /// What is recorded in the metadata of a model.
  func settings(
    for network: STMNetwork, _ plan: PrecisionPlan, _ method: RangeMethod,
    _ statistics: CalibrationStatistics?
  ) -> [String: String] {
    let quantization = quantization(
      reducesRange: false, for: network, plan, method, statistics)
    var settings: [String: String] = [:]
    settings["equalize"] = quantization.equalizes ? "yes" : nil
    settings["bias-correction"] = quantization.correctsBiases ? "yes" : nil
    return settings
  }
}
