/// A convolution on 8-bit integers with 32-bit accumulators, constants precomputed.
///
/// For each output element, all in binary32 after the accumulator:
///
///     acc = Σ (q_x - input.zeroPoint) · q_w            exact, 32-bit; padding contributes 0
///     y   = (Float(acc) + bias[oc]) · scale[oc]
///     y   = fma(residualScale, Float(q_r - residual.zeroPoint), y)    where a residual is added
///     y   = y + x_r                                 where it is added to a binary32 output
///     y   = max(y, 0)                                  where the step applies a ReLU
///     q_y = clamp(rne(y + output.zeroPoint))           or y itself where the output is binary32
///
/// with `bias = b / (s_x · s_w[oc])`, `scale = s_x · s_w[oc] / s_y` and
/// `residualScale = s_r / s_y` (`s_y` = 1 for a binary32 output). This is the order of operations
/// of oneDNN 2, which oneDNN 3 is asked for as well, so both backends agree bit for bit.
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
  /// How the residual is held, where one is added to an integer output; to one of binary32 it is
  /// added as real numbers.
  public let residual: AffineQuantization?
  /// How the output is held; nil: as binary32.
  public let output: AffineQuantization?

  /// The residual's scale over the output's; 0 without a residual.
  public var residualScale: Float {
    residual.map { $0.scale / (output?.scale ?? 1) } ?? 0
  }

  /// Prepares the constants from a quantized kernel, its scales and a bias in real units.
  public init(
    weight: [Int8], weightScales: [Float], bias: [Float]?, input: AffineQuantization,
    residual: AffineQuantization?, output: AffineQuantization?
  ) {
    precondition(residual == nil || output != nil, "a residual needs an integer output")
    self.weight = weight
    scale = weightScales.map { input.scale * $0 / (output?.scale ?? 1) }
    self.bias = bias.map { zip($0, weightScales).map { $0 / (input.scale * $1) } } ?? []
    self.input = input
    self.residual = residual
    self.output = output
  }
}
