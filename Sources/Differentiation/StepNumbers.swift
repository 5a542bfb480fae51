public import Networks
import Tensors

/// The numbers that a step computes with, batch norms folded in where they are frozen.
public struct StepNumbers<Scalar: Real>: Sendable {
  /// A convolution's kernel `[out, in, kh, kw]`; the scale `[C]` of a batch norm.
  public var weight: Numbers<Scalar>
  /// What is added to each output channel, `[out]`; the shift of a batch norm. Nil: nothing is.
  public var bias: [Scalar]?
  /// What happens to images before they are convolved; it is not trained.
  public var normalization: ImageNormalization?

  /// Numbers.
  public init(
    weight: Numbers<Scalar>, bias: [Scalar]?, normalization: ImageNormalization? = nil
  ) {
    self.weight = weight
    self.bias = bias
    self.normalization = normalization
  }

  /// Numbers as they are bound to a step; nil where it has none, or none that are trained: the
  /// normalization of an image by itself.
  public init?(_ parameters: StepParameters) {
    switch parameters {
    case .none, .normalization: return nil
    case .convolution(let weight, let bias, let normalization):
      self.init(
        weight: Numbers(weight), bias: bias?.map { Scalar($0) }, normalization: normalization)
    case .batchNormalization(let scale, let shift):
      self.init(
        weight: Numbers(shape: [scale.count], values: scale.map { Scalar($0) }),
        bias: shift.map { Scalar($0) })
    }
  }
}

/// The gradients of the numbers of a step: of the same shapes as ``StepNumbers`` has them.
public struct StepGradients<Scalar: Real>: Sendable, Equatable {
  /// By the kernel, or by the scale of a batch norm.
  public var weight: Numbers<Scalar>
  /// By the bias, or by the shift of a batch norm; nil where there is none.
  public var bias: [Scalar]?

  /// Gradients.
  public init(weight: Numbers<Scalar>, bias: [Scalar]?) {
    self.weight = weight
    self.bias = bias
  }

  /// Adds `other`, which is of the same step.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  public mutating func add(_ other: StepGradients) {
    let terms = other.weight.values.span
    var sums = weight.values.mutableSpan
    for index in sums.indices { sums[index] += terms[index] }
    guard let terms = other.bias else { return }
    bias = bias.map { zip($0, terms).map(+) } ?? terms
  }
}
