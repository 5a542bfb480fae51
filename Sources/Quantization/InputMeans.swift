import Networks
import Tensors

/// The means of what the convolutions of a program read, as biases are to be corrected by.
struct InputMeans {
  private enum Source {
    case nothing
    case batchNorms(BatchNormMoments)
    case calibration
  }

  private let program: Program
  private let statistics: CalibrationStatistics
  private let rounding: AdaptiveRounding?
  private let equalization: Equalization
  private let source: Source

  /// The means that `quantization` asks for; `weights` holds a binary32 model. Throws what reading a
  /// parameter throws.
  init(
    _ program: Program, _ weights: TensorArchive, _ statistics: CalibrationStatistics,
    _ quantization: WeightQuantization, _ equalization: Equalization
  ) throws {
    self.program = program
    self.statistics = statistics
    self.equalization = equalization
    rounding = quantization.rounding
    source =
      switch quantization.biasCorrection {
      case nil: .nothing
      case .analytic: .batchNorms(try BatchNormMoments(of: program, weights))
      case .empirical: .calibration
      }
  }

  /// The means of what each weight of an output channel of `step`, whose kernel has `shape`, is
  /// multiplied by; nil where its bias is to stay.
  ///
  /// Throws ``QuantizationError/channels(program:value:expected:found:source:)``.
  func read(
    by step: Step, _ shape: Shape, _ normalization: ImageNormalization?
  ) throws -> [Float]? {
    let (read, taps) = (step.inputs[0], shape[2] * shape[3])
    let seen: [Float]
    switch source {
    case .nothing: return nil
    case .batchNorms(let moments):
      guard let means = moments.means(of: read) else { return nil }
      seen = means.flatMap { repeatElement($0, count: taps) }
    case .calibration:
      let channels = try statistics.channels(of: read, in: program, count: shape[1])
      seen =
        rounding?.means(of: step.layer)
        ?? channels.mean.flatMap { repeatElement($0, count: taps) }
    }
    let factors = equalization.factors(of: read, in: program)
    return seen.enumerated().map { index, mean in
      (mean - (normalization?.mean[index / taps] ?? 0)) / (factors?[index / taps] ?? 1)
    }
  }
}
