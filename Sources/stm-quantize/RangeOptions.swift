import ArgumentParser
import CommandSupport
import Quantization

/// Where ranges of activations come from.
struct RangeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Take ranges from what stm-quantize calibrate wrote, instead of calibrating.",
      valueName: "file"))
  var statistics: String?
  @OptionGroup var limits: LimitsOption
  @Option(
    name: .customLong("method"),
    help: """
      How ranges are found: minmax clamps nothing, percentile keeps a share of the elements, mse has \
      the least squared error, entropy loses the least information (TensorRT). (default: minmax)
      """)
  var choice: Choice?
  @Option(
    help: ArgumentHelp(
      "The share that --method percentile keeps. (default: \(RangeMethod.standardPercentile))",
      valueName: "percent"))
  var percentile: Double?

  /// The methods by name.
  enum Choice: String, ExpressibleByArgument, CaseIterable {
    case minmax, percentile, mse, entropy
  }

  /// The files that ranges come from: inputs like the others.
  var inputs: [String] { [statistics].compactMap(\.self) + limits.inputs }

  /// Reads the statistics, where a file of them is named. Throws what reading them or the limits
  /// throws.
  func readStatistics() throws -> CalibrationStatistics? {
    guard let statistics else { return nil }
    return try CalibrationStatistics(path: statistics, limits: try limits.read())
  }

  /// The method that was asked for.
  var method: RangeMethod {
    switch choice ?? .minmax {
    case .minmax: .minmax
    case .percentile: .percentile(percentile ?? RangeMethod.standardPercentile)
    case .mse: .mse
    case .entropy: .entropy
    }
  }

  func validate() throws {
    if statistics == nil && !limits.inputs.isEmpty {
      throw ValidationError("--limits goes with --statistics only")
    }
    guard let percentile else { return }
    if choice != .percentile {
      throw ValidationError("--percentile goes with --method percentile only")
    }
    if !(percentile > 0 && percentile <= 100) {
      throw ValidationError("--percentile: expected above 0 and up to 100, found \(percentile)")
    }
  }

  /// Checks the options against whether activations are `calibrates`d at all, and whether clips are
  /// given to do so. Throws `ValidationError`.
  func validate(calibrates: Bool, isGivenClips: Bool) throws {
    if !calibrates && statistics != nil {
      throw ValidationError("--statistics: expected a plan with 8-bit integers, found none")
    }
    if !calibrates && choice != nil {
      throw ValidationError("--method: expected a plan with 8-bit integers, found none")
    }
    if statistics != nil && isGivenClips {
      throw ValidationError(
        "--statistics takes the place of --calibrate, --frames and --long-edge: expected one or the "
          + "other, found both")
    }
  }
}
