public import Tensors

/// What a step is configured with, in binary32, batch norms folded in.
public enum StepParameters: Sendable {
  /// The step has no parameters.
  case none
  /// Mean and standard deviation by channel.
  case normalization(mean: [Float], deviation: [Float])
  /// A kernel `[out, in, kh, kw]` and what is added to each output channel.
  case convolution(weight: FloatTensor, bias: [Float]?)
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
        mean: try reader.floats("\(module).mean", [1, channels, 1, 1]).values,
        deviation: try reader.floats(
          "\(module).std", [1, channels, 1, 1], "positive numbers", where: { $0 > 0 }
        ).values)
    case .convolution(let convolution):
      let channels = convolution.outputChannels
      let weight = try reader.floats("\(step.layer).weight", convolution.kernelShape)
      let bias = "\(step.layer).bias"
      guard let norm = step.batchNorm, archive["\(norm.layer).running_var"] != nil else {
        self = .convolution(
          weight: weight, bias: step.hasBias ? try reader.floats(bias, [channels]).values : nil)
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
          ? affine.folded(bias: ownBias?.map(Double.init), addsShift: norm.providesShift) : nil)
    case .batchNormalization(let normalization):
      let affine = try reader.affine(step.layer, normalization)
      self = .batchNormalization(
        scale: affine.scale.map(Float.init), shift: affine.shift.map(Float.init))
    case .relu, .maxPool, .add, .upsample, .concatenate, .memoryRead:
      self = .none
    }
  }
}

/// Reads parameters by name and checks their shapes.
private struct ParameterReader {
  let archive: TensorArchive

  /// The tensor `name`, all of whose elements are finite and hold `condition`.
  func floats(
    _ name: String, _ shape: Shape, _ expected: String = "finite numbers",
    where condition: (Float) -> Bool = { _ in true }
  ) throws -> FloatTensor {
    guard let entry = archive[name] else { throw ParameterError.missing(name) }
    guard entry.shape == shape else {
      throw ParameterError.shape(
        name, source: entry.source, expected: shape, found: entry.shape)
    }
    let tensor = try entry.floats()
    if let index = tensor.values.firstIndex(where: { !($0.isFinite && condition($0)) }) {
      throw ParameterError.value(
        name, source: entry.source, expected: expected, found: tensor.values[index], index: index)
    }
    return tensor
  }

  func affine(
    _ layer: String, _ normalization: BatchNormalization
  ) throws -> BatchNormFolding {
    func field(_ name: String) throws -> [Float] {
      try floats("\(layer).\(name)", [normalization.channels]).values
    }
    return BatchNormFolding(
      weight: try field("weight"), bias: try field("bias"), mean: try field("running_mean"),
      variance: try floats(
        "\(layer).running_var", [normalization.channels], "numbers of at least 0",
        where: { $0 >= 0 }
      ).values, epsilon: normalization.epsilon)
  }
}
