public import Networks
public import Tensors

/// What is odd about layers in 8-bit integers, though nothing of it is lost: channels that do
/// nothing, values that are always 0, and biases beyond 32 bits.
public struct QuantizationNotes: Sendable, Hashable {
  /// Some output channels of a layer.
  public struct Channels: Sendable, Hashable {
    /// The layer.
    public let layer: String
    /// The channels, ascending; at least one.
    public let indices: [Int]
  }

  /// A value of a program.
  public struct Value: Sendable, Hashable {
    /// The program.
    public let program: String
    /// The value's name.
    public let name: String
  }

  /// Channels whose integers are all 0, so that their results are their biases: their kernels are
  /// zeros, or too small to matter. Their scale is 1.
  public let zeroKernels: [Channels]
  /// Channels of integer convolutions that a fused ReLU makes 0 whatever is read, as long as it is
  /// within its range, since the bias outweighs the largest sum.
  public let silenced: [Channels]
  /// Values in 8 bits that were 0 wherever calibration looked; their scale is 1.
  public let zeroValues: [Value]
  /// Channels of integer convolutions whose bias, in units of the accumulator, and largest sum do
  /// not fit in 32 bits together.
  ///
  /// The bias is added in binary32 here, and an export keeps it in binary32: it is never clamped.
  public let wideBiases: [Channels]

  /// Whether there is nothing to note.
  public var isEmpty: Bool {
    zeroKernels.isEmpty && silenced.isEmpty && zeroValues.isEmpty && wideBiases.isEmpty
  }

  /// The notes on a model of `plan` whose tensors are `weights`, for the deployed `programs` of its
  /// network; `statistics` are those of its calibration.
  ///
  /// Throws `QuantizationError`, `ParameterError` or what reading a tensor throws.
  public init(
    _ programs: [Program], in plan: PrecisionPlan, weights: TensorArchive,
    statistics: CalibrationStatistics? = nil
  ) throws {
    let reader = QuantizationReader(weights)
    var (zero, silenced, wide): ([Channels], [Channels], [Channels]) = ([], [], [])
    for program in programs {
      for step in program.steps where plan[step].hasIntegerWeights {
        guard let geometry = step.convolution else { continue }
        let sums = try reader.sums(of: step, geometry, in: program, plan)
        func channels(_ condition: (ChannelSum) -> Bool) -> [Channels] {
          let indices = sums.indices.filter { condition(sums[$0]) }
          return indices.isEmpty ? [] : [Channels(layer: step.layer, indices: indices)]
        }
        zero += channels(\.isZero)
        guard plan[step] == .int8 else { continue }
        wide += channels { !$0.fitsAccumulator }
        guard step.appliesReLU && !step.addsResidual else { continue }
        silenced += channels { !$0.isZero && $0.bias + $0.largest <= 0 }
      }
    }
    (zeroKernels, self.silenced, wideBiases) = (zero, silenced, wide)
    zeroValues = programs.flatMap { program in
      program.sortedQuantizedValues(in: plan).filter { value in
        let owner = program.quantizationOwner(of: value)
        guard owner == value, let seen = statistics?.values[program.name]?[owner],
          seen.range == nil
        else { return false }
        return seen.histogram.count > 0 && seen.histogram.zeroCount == seen.histogram.count
      }.map { Value(program: program.name, name: $0) }
    }
  }
}

/// What one output channel can add up to, in units of its accumulator.
private struct ChannelSum {
  /// Whether its integers are all 0.
  let isZero: Bool
  /// The smallest and the largest sum of products.
  let smallest: Double, largest: Double
  /// The bias.
  let bias: Double

  /// Whether sum and bias are within 32 bits, whatever is read.
  var fitsAccumulator: Bool {
    bias + smallest >= Double(Int32.min) && bias + largest <= Double(Int32.max)
  }
}

extension QuantizationReader {
  /// What the output channels of `step` can add up to. Where it reads no integers, sums and biases
  /// are 0.
  fileprivate func sums(
    of step: Step, _ geometry: Convolution, in program: Program, _ plan: PrecisionPlan
  ) throws -> [ChannelSum] {
    var convolution: IntegerConvolution?
    if plan[step] == .int8 {
      let input = try quantization(of: step.inputs[0], in: program, plan)
      convolution = try self.convolution(
        step, geometry: geometry, input: input, residual: nil, output: nil)
    }
    let kernels = try convolution.map { [$0.weight] } ?? kernels(of: step, geometry)
    let low = convolution.map { Int($0.input.range.lowerBound - $0.input.zeroPoint) } ?? 0
    let high = convolution.map { Int($0.input.range.upperBound - $0.input.zeroPoint) } ?? 0
    return (0..<geometry.outputChannels).map { channel in
      var (positive, negative) = (0, 0)
      for integers in kernels {
        let count = integers.count / geometry.outputChannels
        for integer in integers[channel * count..<(channel + 1) * count] {
          positive += Int(max(integer, 0))
          negative += Int(min(integer, 0))
        }
      }
      return ChannelSum(
        isZero: positive == 0 && negative == 0,
        smallest: Double(positive * low + negative * high),
        largest: Double(positive * high + negative * low),
        bias: step.hasBias ? Double(convolution?.bias[channel] ?? 0) : 0)
    }
  }

  /// The integers of the kernels that make up that of `step`, which is in w8.
  private func kernels(of step: Step, _ geometry: Convolution) throws -> [[Int8]] {
    guard step.readsImages else { return [try kernel(of: step.layer, geometry).integers] }
    return try step.parts.map { try kernel(of: $0.layer, $0.convolution).integers }
  }
}
