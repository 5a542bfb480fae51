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
      let weight = try reader.floats(
        "\(step.layer).weight",
        [channels, convolution.inputChannels, convolution.kernel, convolution.kernel])
      let bias = "\(step.layer).bias"
      guard let norm = step.batchNorm, archive["\(norm.layer).running_var"] != nil else {
        self = .convolution(
          weight: weight, bias: step.hasBias ? try reader.floats(bias, [channels]).values : nil)
        return
      }
      let affine = try reader.affine(norm.layer, norm.normalization)
      let ownBias = convolution.hasBias ? try reader.floats(bias, [channels]).values : nil
      let folded = Self.folded(
        weight: weight, bias: ownBias, into: affine, providesShift: norm.providesShift)
      if let index = folded.weight.values.firstIndex(where: { !$0.isFinite }) {
        throw ParameterError.value(
          "\(step.layer).weight", source: archive["\(step.layer).weight"]?.source ?? "",
          expected: "finite numbers with '\(norm.layer)' folded in",
          found: folded.weight.values[index], index: index)
      }
      self = .convolution(weight: folded.weight, bias: folded.bias)
    case .batchNormalization(let normalization):
      let affine = try reader.affine(step.layer, normalization)
      self = .batchNormalization(
        scale: affine.scale.map(Float.init), shift: affine.shift.map(Float.init))
    case .relu, .maxPool, .add, .upsample, .concatenate, .memoryRead:
      self = .none
    }
  }

  /// The convolution whose result is `affine` of the given one's; computed in binary64.
  private static func folded(
    weight: FloatTensor, bias: [Float]?, into affine: Affine, providesShift: Bool
  ) -> (weight: FloatTensor, bias: [Float]?) {
    let perChannel = weight.shape.elementCount / weight.shape[0]
    var folded = weight
    for index in folded.values.indices {
      folded.values[index] = Float(
        Double(weight.values[index]) * affine.scale[index / perChannel])
    }
    guard providesShift || bias != nil else { return (folded, nil) }
    let shifts = affine.scale.indices.map { channel in
      Float(
        Double(bias?[channel] ?? 0) * affine.scale[channel]
          + (providesShift ? affine.shift[channel] : 0))
    }
    return (folded, shifts)
  }
}

/// `x * scale + shift` by channel, in binary64.
private struct Affine {
  let scale: [Double]
  let shift: [Double]
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

  func affine(_ layer: String, _ normalization: BatchNormalization) throws -> Affine {
    func field(_ name: String) throws -> [Double] {
      try floats("\(layer).\(name)", [normalization.channels]).values.map(Double.init)
    }
    let (weight, bias) = (try field("weight"), try field("bias"))
    let mean = try field("running_mean")
    let variance = try floats(
      "\(layer).running_var", [normalization.channels], "numbers of at least 0", where: { $0 >= 0 }
    ).values.map(Double.init)
    let scale = zip(weight, variance).map { $0 / ($1 + normalization.epsilon).squareRoot() }
    return Affine(
      scale: scale, shift: scale.indices.map { bias[$0] - mean[$0] * scale[$0] })
  }
}
