public import Networks
public import Quantization
import Tensors

/// A sum of values whose result is held as 8-bit integers, the first of them upsampled where the
/// step says so.
///
/// For each output element, all in binary32, from the first term to the last:
///
///     x_i = q_i - zeroPoint_i                  or the real number where the term is held wide
///     t   = Σ w · x_0                          bilinear: weights of at most 6 bits, so exact
///     y   = x_0 · factor_0                     or t · factor_0
///     y   = y + x_i · factor_i                 a product, rounded, then a sum
///     q_y = clamp(rne(y + output.zeroPoint))
///
/// with `factor_i = s_i / s_y`, and `s_i` = 1 for a term that is held wide.
public struct IntegerSum: Sendable, Hashable {
  /// How each term is held; nil: as real numbers.
  public let terms: [AffineQuantization?]
  /// How the result is held.
  public let output: AffineQuantization

  /// A sum of terms and a result that are held in these ways.
  public init(terms: [AffineQuantization?], output: AffineQuantization) {
    self.terms = terms
    self.output = output
  }

  /// What each term is multiplied by.
  public var factors: [Float] { terms.map { ($0?.scale ?? 1) / output.scale } }
}

extension BoundProgram {
  /// The sum that `step`, an addition or upsampling, computes; nil where its result is held wide.
  public func integerSum(of step: Step) -> IntegerSum? {
    guard case .quantized(let output) = storage(of: step.name) else { return nil }
    return IntegerSum(
      terms: step.inputs.map {
        if case .quantized(let held) = storage(of: $0) { held } else { nil }
      }, output: output)
  }
}

extension IntegerSum {
  /// The sum of the real numbers `inputs`, which ``terms`` hold, in plain loops; the first is
  /// upsampled by `factor`.
  func evaluate(
    _ inputs: [FloatTensor], upsampling factor: Int = 1, shape: Shape
  ) -> FloatTensor {
    var units = zip(inputs, terms).map { input, held in
      guard let held else { return input }
      return FloatTensor(
        shape: input.shape,
        values: input.values.map { Float(held.quantize($0) - held.zeroPoint) })
    }
    if factor > 1 { units[0] = upsample(units[0], by: factor) }
    let factors = factors
    var result = FloatTensor(zeros: shape)
    for index in result.values.indices {
      var y = units[0].values[index % units[0].values.count] * factors[0]
      for (term, factor) in zip(units, factors).dropFirst() {
        y += term.values[index % term.values.count] * factor
      }
      let rounded = (y + Float(output.zeroPoint)).rounded(.toNearestOrEven)
      result.values[index] = output.dequantize(output.clamp(rounded))
    }
    return result
  }
}
