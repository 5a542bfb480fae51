public import Networks
public import Quantization
import Tensors

/// A sum of values whose result is held as 8-bit integers, the first of them upsampled where the
/// step says so.
///
/// For each output element, all in binary32, from the first term to the last:
///
///     t   = q_0, or Σ w · q_0                  bilinear: weights of at most 6 bits, so exact
///     y   = fma(t, factor_0, offset)
///     y   = fma(q_i, factor_i, y)
///     q_y = clamp(rne(y))
///
/// with `factor_i = s_i / s_y` and `offset = zeroPoint_y - Σ zeroPoint_i · factor_i`, each product
/// and sum rounded. A term that is held wide is a real number in place of `q_i`, with `s_i` = 1 and
/// zero point 0.
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

  /// What takes the terms' zero points off and puts the result's on.
  public var offset: Float {
    zip(terms, factors).reduce(Float(output.zeroPoint)) { $0 - Float($1.0?.zeroPoint ?? 0) * $1.1 }
  }
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
        shape: input.shape, values: input.values.map { Float(held.quantize($0)) })
    }
    if factor > 1 { units[0] = upsample(units[0], by: factor) }
    let (factors, offset) = (factors, offset)
    var result = FloatTensor(zeros: shape)
    for index in result.values.indices {
      var y = offset.addingProduct(units[0].values[index % units[0].values.count], factors[0])
      for (term, factor) in zip(units, factors).dropFirst() {
        y.addProduct(term.values[index % term.values.count], factor)
      }
      result.values[index] = output.dequantize(output.clamp(y.rounded(.toNearestOrEven)))
    }
    return result
  }
}
