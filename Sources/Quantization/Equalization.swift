public import Networks
import Tensors

/// Factors for the channels of values, by which convolutions make them smaller and divide again
/// where they read them, so that 8 bits lose less and the network computes the same.
///
/// A value has one step for all its channels, that of the widest: in a channel that spans a tenth of
/// its range, errors weigh ten times as much. With `w` the width of a channel over all values of a
/// group that are scaled together, its factor is
///
///     s = max(w / max w, 1/10)^½
///
/// Kernels are rounded by output channel, so that what a value gains its readers' kernels lose; the
/// root shares it between both, as Xiao et al., *SmoothQuant* (ICML 2023), and channels that were
/// hardly seen are not trusted below a tenth. The groups are those of Nagel et al., *Data-Free
/// Quantization Through Weight Equalization and Bias Correction* (ICCV 2019).
public struct Equalization: Sendable {
  private let factors: [ProgramValue: [Float]]

  /// Nothing is scaled.
  public static let none = Equalization(factors: [:])

  private static let smallestWidth: Float = 0.1

  private init(factors: [ProgramValue: [Float]]) { self.factors = factors }

  /// The factors for `programs`, together a network, by what `statistics` say of the channels of the
  /// values that int8 holds in 8 bits: the same for every plan, so that plans may share programs. A
  /// group with a value that calibration did not see, whose range somebody decided on, or that was
  /// not finite, is left as it is.
  ///
  /// Throws ``QuantizationError/channels(program:value:expected:found:source:)`` or
  /// ``QuantizationError/unscalable(program:value:found:source:)``.
  public init(of programs: [Program], _ statistics: CalibrationStatistics) throws {
    var factors: [ProgramValue: [Float]] = [:]
    for group in ScalingGroup.groups(of: programs) {
      guard let widths = try group.widths(in: programs, statistics), let widest = widths.max(),
        widest > 0
      else { continue }
      let scales = widths.map { max($0 / widest, Self.smallestWidth).squareRoot() }
      for value in group.values { factors[value] = scales }
    }
    self.factors = factors
  }

  /// What each channel of `value` of `program` is divided by; nil where it is not scaled.
  func factors(of value: String, in program: Program) -> [Float]? {
    factors[ProgramValue(program.name, value)]
  }

  /// The range of `value` of `program`, of which `statistics` were made unscaled; nil where it is not
  /// scaled.
  ///
  /// Throws ``QuantizationError/unscalable(program:value:found:source:)``.
  func range(
    of value: String, in program: Program, _ statistics: CalibrationStatistics
  ) throws(QuantizationError) -> ValueRange? {
    guard let factors = factors[ProgramValue(program.name, value)],
      let channels = statistics.values[program.name]?[value]?.channels
    else { return nil }
    let minimum = zip(channels.minimum, factors).map(/).min() ?? 0
    let maximum = zip(channels.maximum, factors).map(/).max() ?? 0
    guard minimum.isFinite, maximum.isFinite else {
      throw statistics.unscalable(value, in: program.name, channels)
    }
    return ValueRange(minimum: minimum, maximum: maximum)
  }

  /// The kernel `[out, in, kh, kw]` and the bias of `step` of `program` for scaled values.
  func applied(
    to weight: FloatTensor, _ bias: [Float]?, of step: Step, in program: Program
  ) -> (weight: FloatTensor, bias: [Float]?) {
    let made = factors[ProgramValue(program.name, step.name)]
    let read = factors[ProgramValue(program.name, step.inputs[0])]
    guard made != nil || read != nil else { return (weight, bias) }
    var scaled = weight
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let taps = weight.values.count / max(outputs * inputs, 1)
    for output in 0..<outputs {
      for input in 0..<inputs {
        let factor = (read?[input] ?? 1) / (made?[output] ?? 1)
        let start = (output * inputs + input) * taps
        for index in start..<start + taps { scaled.values[index] *= factor }
      }
    }
    guard let bias, let made else { return (scaled, bias) }
    return (scaled, zip(bias, made).map(/))
  }
}

extension ScalingGroup {
  /// The width of each channel, the largest of all values; nil where one of them is not to be scaled.
  fileprivate func widths(
    in programs: [Program], _ statistics: CalibrationStatistics
  ) throws -> [Float]? {
    var widths = [Float](repeating: 0, count: channels)
    for program in programs {
      let names = Set(values.filter { $0.program == program.name }.map(\.name))
      for owner in Set(program.integerValues.intersection(names).map(program.quantizationOwner)) {
        guard let seen = statistics.values[program.name]?[owner], seen.range == nil,
          seen.histogram.nonFiniteCount == 0
        else { return nil }
        let channels = try statistics.channels(of: owner, in: program, count: channels)
        guard channels.widths.allSatisfy(\.isFinite) else {
          throw statistics.unscalable(owner, in: program.name, channels)
        }
        widths = zip(widths, channels.widths).map(max)
      }
    }
    return widths
  }
}

extension CalibrationStatistics {
  /// The error that `channels` of `value` are too large to be scaled.
  fileprivate func unscalable(
    _ value: String, in program: String, _ channels: ChannelStatistics
  ) -> QuantizationError {
    .unscalable(
      program: program, value: value,
      found: (channels.minimum + channels.maximum).map(abs).max() ?? 0, source: source)
  }
}

extension ChannelStatistics {
  /// The width of the range that each channel alone asks of all: its largest magnitude, to both sides
  /// where any channel is negative.
  fileprivate var widths: [Float] {
    let sides: Float = minimum.contains { $0 < 0 } ? 2 : 1
    return zip(minimum, maximum).map { sides * max(abs($0), abs($1)) }
  }
}
