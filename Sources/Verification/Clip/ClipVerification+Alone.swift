public import Execution
public import Networks
public import Tensors

extension ClipVerification.Layer {
  /// `step` of `bound` in frame number `frame` alone: `candidate` is what it made of the reference's
  /// values, of which `residual` is what it added its own to, if it did; `reference` is what the
  /// reference made. The accumulated metrics are the isolated ones.
  public init(
    _ step: Step, in bound: BoundProgram, reference: FloatTensor, candidate: FloatTensor,
    residual: FloatTensor?, frame: Int, criteria: ClipCriteria
  ) {
    let storage = bound.storage(of: step.name)
    var metrics = LayerMetrics()
    metrics.include(reference: reference, candidate: candidate, frame: frame, storage: storage)
    var energies = metrics.channels.map(\.referenceEnergy)
    var rounding = storage.roundingEnergy(
      of: metrics.total.referenceEnergy, elements: metrics.total.count)
    if step.addsResidual, let residual, let name = step.inputs.last {
      energies = reference.energiesAdded(to: residual, isRectified: step.appliesReLU)
      var residuals = ErrorMetrics()
      residuals.include(reference: residual, candidate: residual)
      rounding += bound.storage(of: name).roundingEnergy(
        of: residuals.referenceEnergy, elements: candidate.values.count)
    }
    self.init(
      name: step.name, program: bound.program.name, covers: step.covers,
      isConvolution: step.convolution != nil, precision: bound.arithmetic(of: step),
      isolated: metrics, accumulated: metrics, contributedEnergies: energies, storage: storage,
      roundingEnergy: rounding, tolerance: criteria.tolerance(of: step, in: bound))
  }
}
