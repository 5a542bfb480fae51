public import Tensors

/// What a step is configured with, in binary32, batch norms folded in.
public enum StepParameters: Sendable {
  /// The step has no parameters.
  case none
  /// Mean and standard deviation by channel.
  case normalization(mean: [Float], deviation: [Float])
  /// A kernel `[out, in, kh, kw]`, what is added to each output channel, and what happens to images
  /// before.
  case convolution(weight: FloatTensor, bias: [Float]?, normalization: ImageNormalization?)
  /// A batch norm as `x * scale + shift` by channel.
  case batchNormalization(scale: [Float], shift: [Float])

  /// Reads the parameters of `step` from `archive` by their canonical names.
  ///
  /// Where the archive holds the step's batch norm, it is folded here; where it does not, the
  /// convolution's weights count as folded and the step's bias must be there. Every number must
  /// be finite, deviations positive and variances not negative. Throws ``ParameterError`` or what
  /// reading a tensor throws.
  public init(of step: Step, in archive: TensorArchive) throws {
    let reader = ParameterReader(archive: archive)
    switch step.operation {
    case .normalize(let module, let channels):
      self = .normalization(
        mean: try reader.mean(module, channels), deviation: try reader.deviation(module, channels))
    case .convolution(let convolution):
      let channels = convolution.outputChannels
      let weight = try reader.kernel(of: step, convolution)
      let normalization = try ImageNormalization(of: step, in: archive)
      let bias = "\(step.layer).bias"
      guard let norm = step.batchNorm, archive["\(norm.layer).running_var"] != nil else {
        self = .convolution(
          weight: weight, bias: step.hasBias ? try reader.floats(bias, [channels]).values : nil,
          normalization: normalization)
        return
      }
      let affine = try reader.affine(norm.layer, norm.normalization)
      let ownBias = convolution.hasBias ? try reader.floats(bias, [channels]).values : nil
      let folded = affine.folded(weight: weight)
      if let index = folded.values.firstIndex(where: { !$0.isFinite }) {
        throw ParameterError.value(
          "\(step.layer).weight", source: archive["\(step.layer).weight"]?.source ?? "",
          expected: "finite numbers with '\(norm.layer)' folded in",
          found: folded.values[index], index: index)
      }
      self = .convolution(
        weight: folded,
        bias: norm.providesShift || ownBias != nil
          ? affine.folded(bias: ownBias?.map(Double.init), addsShift: norm.providesShift) : nil,
        normalization: normalization)
    case .batchNormalization(let normalization):
      let affine = try reader.affine(step.layer, normalization)
      self = .batchNormalization(
        scale: affine.scale.map(Float.init), shift: affine.shift.map(Float.init))
    case .relu, .maxPool, .add, .upsample, .concatenate, .memoryRead:
      self = .none
    }
  }
}
