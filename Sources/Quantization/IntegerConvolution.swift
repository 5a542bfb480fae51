/// A convolution on 8-bit integers with 32-bit accumulators, constants precomputed.
///
/// For each output element, all in binary32 after the accumulator:
///
///     acc = Σ (q_x - input.zeroPoint) · q_w            exact, 32-bit; q_x is padding[ic] outside
///     y   = (Float(acc) + bias[oc]) · scale[oc]
///     y   = fma(residualScale, Float(q_r - residual.zeroPoint), y)    where a residual is added
///     y   = y + x_r                                 where it is added to a binary32 output
///     y   = max(y, 0)                                  where the step applies a ReLU
///     q_y = clamp(rne(y + output.zeroPoint))           or y itself where the output is binary32
///
/// with `bias = b / (s_x · s_w[oc])`, `scale = s_x · s_w[oc] / s_y` and
/// `residualScale = s_r / s_y` (`s_y` = 1 for a binary32 output). This is the order of operations
/// of oneDNN 2, which oneDNN 3 is asked for as well, so both backends agree bit for bit.
///
/// Padding is `input.zeroPoint`, which stands for 0. A convolution that normalizes an image as it
/// reads it has the deviations in its kernel, and its padding stands for the mean: `padding[ic]` is
/// the nearest integer of that, and `bias = (b - Σ ŵ · mean[ic]) / (s_x · s_w[oc])` over the whole
/// window, where `ŵ = q_w · s_w[oc]`.
public struct IntegerConvolution: Sendable {
  /// The most products of 8-bit integers whose sum always fits in a 32-bit accumulator.
  public static let maximumProducts = Int(Int32.max) / (255 * 128)

  /// The kernel `[out, in, kh, kw]`, row-major.
  public let weight: [Int8]
  /// The real value of one accumulator unit over that of one output unit, by output channel.
  public let scale: [Float]
  /// What is added to the accumulator, by output channel; empty when the step has no bias.
  public let bias: [Float]
  /// How the input is held.
  public let input: AffineQuantization
  /// The integer that padding is, by input channel; empty: it is the input's zero point.
  public let padding: [Int32]
  /// How the residual is held, where one is added to an integer output; to one of binary32 it is
  /// added as real numbers.
  public let residual: AffineQuantization?
  /// How the output is held; nil: as binary32.
  public let output: AffineQuantization?

  /// The residual's scale over the output's; 0 without a residual.
  public var residualScale: Float {
    residual.map { $0.scale / (output?.scale ?? 1) } ?? 0
  }

  /// Prepares the constants from a quantized kernel, its scales and a bias in real units; `mean` is
  /// what is subtracted from each input channel, if anything.
  public init(
    weight: [Int8], weightScales: [Float], bias: [Float]?, input: AffineQuantization,
    mean: [Float]? = nil, residual: AffineQuantization?, output: AffineQuantization?
  ) {
    precondition(residual == nil || output != nil, "a residual needs an integer output")
    self.weight = weight
    padding = mean?.map(input.quantize) ?? []
    scale = weightScales.map { input.scale * $0 / (output?.scale ?? 1) }
    if let mean {
      self.bias = weightScales.indices.map { output in
        let count = weight.count / weightScales.count
        let taps = count / mean.count
        var units =
          Double(bias?[output] ?? 0) / (Double(input.scale) * Double(weightScales[output]))
        for (channel, mean) in mean.enumerated() {
          let first = output * count + channel * taps
          let sum = weight[first..<first + taps].reduce(0) { $0 + Int($1) }
          units -= Double(sum) * (Double(mean) / Double(input.scale))
        }
        return Float(units)
      }
    } else {
      self.bias = bias.map { zip($0, weightScales).map { $0 / (input.scale * $1) } } ?? []
    }
    self.input = input
    self.residual = residual
    self.output = output
  }
}
