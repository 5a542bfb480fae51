import ArgumentParser
import Quantization

/// What is done to a model so that rounding harms it less.
struct RepairOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: """
      Scale the channels of values between layers so that 8 bits lose less. (default: where layers \
      are in int8 and the method is minmax)
      """)
  var equalize: Bool?
  @Flag(
    inversion: .prefixedNo,
    help: """
      Let biases take up what rounding adds to the means of results. (default: where kernels are \
      8-bit integers and there are statistics)
      """)
  var biasCorrection: Bool?

  /// Checks what was asked for against the `plans` that come into question.
  ///
  /// Throws `ValidationError`.
  func validate(_ plans: [PrecisionPlan], _ method: RangeMethod) throws {
    if equalize == true {
      guard plans.contains(where: \.hasIntegerLayers) else {
        throw ValidationError("--equalize: expected layers in int8, found none")
      }
      guard method == .minmax else {
        throw ValidationError(
          "--equalize: expected --method minmax, since channels have no histograms, found \(method)"
        )
      }
    }
    if biasCorrection == true && !plans.contains(where: \.hasIntegerWeights) {
      throw ValidationError("--bias-correction: expected layers in int8 or w8, found none")
    }
  }

  /// How kernels become integers in one of `plans`.
  func quantization(
    reducesRange: Bool, _ plans: [PrecisionPlan], _ method: RangeMethod,
    _ statistics: CalibrationStatistics?
  ) -> WeightQuantization {
    WeightQuantization(
      reducesRange: reducesRange,
      equalizes: equalize
        ?? (method == .minmax && plans.contains(where: \.hasIntegerLayers)),
      correctsBiases: biasCorrection
        ?? (statistics != nil && plans.contains(where: \.hasIntegerWeights)))
  }
}
