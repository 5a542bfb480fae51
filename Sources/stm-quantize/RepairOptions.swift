import ArgumentParser
import CommandSupport
import Models
import Quantization
import Segmentation
import Tuning

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
  @Option(
    help: """
      How kernels become integers: nearest rounds each weight by itself, adaptive so that results \
      over patches of the --calibrate clips change least. (default: adaptive where there are clips)
      """)
  var rounding: Rounding?

  /// The ways to round kernels by name.
  enum Rounding: String, ExpressibleByArgument, CaseIterable { case nearest, adaptive }

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

  /// Whether kernels are rounded adaptively, by patches of clips where any are given. Throws
  /// `ValidationError`.
  func isAdaptive(_ plans: [PrecisionPlan], isGivenClips: Bool) throws -> Bool {
    let hasIntegers = plans.contains(where: \.hasIntegerWeights)
    guard rounding == .adaptive else { return rounding == nil && hasIntegers && isGivenClips }
    guard hasIntegers else {
      throw ValidationError("--rounding: expected layers in int8 or w8, found none")
    }
    guard isGivenClips else {
      throw ValidationError(
        "--rounding adaptive: expected at least one --calibrate CLIP to take patches from, found none"
      )
    }
    return true
  }

  /// How the kernels of `model` become integers in one of `plans`; `clips` are those to calibrate on.
  ///
  /// Throws `ValidationError` or what segmenting the clips throws.
  func quantization(
    of model: Model, reducesRange: Bool, _ plans: [PrecisionPlan], _ method: RangeMethod,
    _ statistics: CalibrationStatistics?, _ clips: [Clip], _ backend: BackendOptions, isQuiet: Bool
  ) throws -> WeightQuantization {
    let isAdaptive = try isAdaptive(plans, isGivenClips: !clips.isEmpty)
    let adaptive =
      isAdaptive ? try AdaptiveRounding(of: model, plans, clips, backend, isQuiet: isQuiet) : nil
    return WeightQuantization(
      reducesRange: reducesRange,
      equalizes: equalize
        ?? (method == .minmax && plans.contains(where: \.hasIntegerLayers)),
      correctsBiases: biasCorrection
        ?? (statistics != nil && plans.contains(where: \.hasIntegerWeights)),
      rounding: adaptive)
  }
}

extension AdaptiveRounding {
  /// A rounding by patches of what the layers of `model` that are integers in one of `plans` read in
  /// `clips`, with progress bars.
  fileprivate convenience init(
    of model: Model, _ plans: [PrecisionPlan], _ clips: [Clip], _ backend: BackendOptions,
    isQuiet: Bool
  ) throws {
    let total = clips.reduce(0) { $0 + $1.frameCount - 1 }
    let sampling = Progress("taking patches", total: total, isQuiet: isQuiet)
    let samples = try PatchSamples.collect(
      of: model, for: plans, over: clips, backend: backend.make(), progress: sampling.show)
    let rounding = Progress("rounding kernels", total: samples.count, isQuiet: isQuiet)
    self.init(samples) { rounding.show($0) }
  }
}
