import Foundation
public import Networks
public import Quantization

/// What training needs so that its forward pass computes what a plan computes in deployment:
/// kernels and values are rounded as the plan holds them, and the scales of values are learned with
/// the weights.
///
/// Each scale is the calibrated one times `e` to a number that starts at 0 (``logarithms``), so
/// that it stays positive and a step of one size changes all scales by one share; after Esser et
/// al., *Learned Step Size Quantization*, ICLR 2020, and Jain et al., *Trained Quantization
/// Thresholds*, MLSys 2020. Zero points stay as calibrated, images are held as always, and values
/// that share a quantization (`Program.quantizationOwner(of:)`) share its scale. The
/// scales of kernels follow from these, as in a model file.
public struct TrainedQuantization: Sendable {
  /// The precisions that are trained for.
  public let plan: PrecisionPlan
  /// The natural logarithm of what each scale is multiplied by, by `PROGRAM/VALUE`: what is
  /// trained.
  public var logarithms: [String: Float]

  /// The largest magnitude of the integers of kernels.
  let magnitude: Int8
  /// How calibration had each value that has a quantization of its own, by program and by name.
  private let calibrated: [String: [String: AffineQuantization]]
  private let clips: [CalibrationStatistics.Clip]
  private let settings: [String: String]

  /// Training for `plan` of a network whose deployed programs are `programs`, from the ranges that
  /// `method` finds in `statistics`; the integers of kernels have 7 bits where `reducesRange`.
  ///
  /// Throws `QuantizationError` where a value that the plan holds or reads as integers has no
  /// statistics or was not finite, or a sum of an integer convolution may overflow.
  public init(
    _ programs: [Program], plan: PrecisionPlan, statistics: CalibrationStatistics,
    method: RangeMethod = .minmax, reducesRange: Bool = false
  ) throws {
    self.plan = plan
    magnitude = WeightQuantization(reducesRange: reducesRange).magnitude
    clips = statistics.clips
    settings = statistics.settings
    var calibrated: [String: [String: AffineQuantization]] = [:]
    for program in programs {
      for step in program.steps where step.convolution != nil && plan[step] == .int8 {
        guard let overflow = step.sumOverflow else { continue }
        throw QuantizationError.malformed(
          tensor: "\(step.layer).weight", source: "memory", expected: overflow.expected,
          found: overflow.found)
      }
      let values = program.quantizedValues(in: plan).filter { !program.isImage($0) }
      for owner in Set(values.map(program.quantizationOwner)).sorted() {
        calibrated[program.name, default: [:]][owner] = try statistics.quantization(
          of: owner, in: program, method: method)
      }
    }
    self.calibrated = calibrated
    logarithms = Dictionary(
      uniqueKeysWithValues: calibrated.flatMap { program, values in
        values.keys.map { (Self.name($0, program), 0) }
      })
  }

  /// The name of the scale of `owner`, a value of `program` with a quantization of its own.
  static func name(_ owner: String, _ program: String) -> String { "\(program)/\(owner)" }

  /// The learned ranges, decided on, as statistics of the trained model, whose fingerprint is
  /// `fingerprint` (`Model.fingerprint`): quantization by them holds every value as training did.
  ///
  /// They tell nothing of the values' elements or channels, which were another model's. Throws
  /// ``TrainingError/scale(of:found:)``.
  public func statistics(of fingerprint: String) throws(TrainingError) -> CalibrationStatistics {
    var statistics = CalibrationStatistics(
      model: fingerprint, settings: settings, source: "training")
    for clip in clips { statistics.include(clip, [:]) }
    for (program, values) in calibrated {
      for (owner, quantization) in values {
        var seen = ValueStatistics()
        seen.range = try range(of: quantization, Self.name(owner, program))
        statistics.values[program, default: [:]][owner] = seen
      }
    }
    return statistics
  }

  /// The range that 8 bits cover where `quantization` has its scale learned as `name`.
  private func range(
    of quantization: AffineQuantization, _ name: String
  ) throws(TrainingError) -> ValueRange {
    let scale = quantization.scale * exp(logarithms[name] ?? 0)
    let (low, high) = (quantization.range.lowerBound, quantization.range.upperBound)
    let minimum = Float(low - quantization.zeroPoint) * scale
    let maximum = Float(high - quantization.zeroPoint) * scale
    guard scale.isNormal, minimum.isFinite, maximum.isFinite else {
      throw .scale(of: name, found: scale)
    }
    return ValueRange(minimum: minimum, maximum: maximum)
  }

  /// How the values of `program` that the plan holds or reads as integers become them now, by name.
  ///
  /// Throws ``TrainingError/scale(of:found:)``.
  func quantizations(in program: Program) throws -> [String: AffineQuantization] {
    let statistics = try statistics(of: "")
    var quantizations: [String: AffineQuantization] = [:]
    for value in program.quantizedValues(in: plan) {
      quantizations[value] = try statistics.quantization(of: value, in: program)
    }
    return quantizations
  }

  /// The gradients by ``logarithms``, given those by the scales, which the reverse pass gathers
  /// under the same names.
  ///
  /// Throws ``TrainingError/scale(of:found:)``.
  public func gradients(byScales scales: [String: Float]) throws -> [String: Float] {
    var gradients = logarithms.mapValues { _ in Float(0) }
    for (program, values) in calibrated {
      for (owner, quantization) in values {
        let name = Self.name(owner, program)
        guard let gradient = scales[name] else { continue }
        gradients[name] = gradient * quantization.scale * exp(logarithms[name] ?? 0)
      }
    }
    return gradients
  }
}
