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

/// What a convolution does to images as it reads them: `(x - mean) / deviation` by input channel.
///
/// Padding is 0 afterwards, so it stands for the mean.
public struct ImageNormalization: Sendable, Hashable {
  /// What is subtracted from each input channel; 0 for channels that are read as they are.
  public let mean: [Float]
  /// What each is divided by then; 1 for channels that are read as they are.
  public let deviation: [Float]

  /// A normalization; both have one number for each channel.
  public init(mean: [Float], deviation: [Float]) {
    precondition(mean.count == deviation.count, "\(mean.count) means")
    self.mean = mean
    self.deviation = deviation
  }

  /// That of the pictures of ImageNet, which every published encoder reads.
  public static let imageNet = ImageNormalization(
    mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

  /// What `step` does to images, with the parameters in `archive`; nil: it reads none.
  ///
  /// Throws ``ParameterError`` or what reading a tensor throws.
  public init?(of step: Step, in archive: TensorArchive) throws {
    guard step.readsImages else { return nil }
    let reader = ParameterReader(archive: archive)
    self.init(
      mean: try Self.means(of: step, in: archive),
      deviation: try step.parts.flatMap { part in
        guard let normalization = part.normalization else {
          return [Float](repeating: 1, count: part.convolution.inputChannels)
        }
        return try reader.deviation(normalization.module, normalization.channels)
      })
  }

  /// The ``mean`` of `step`, which reads images; for one whose kernel has the deviations in it.
  ///
  /// Throws ``ParameterError`` or what reading a tensor throws.
  public static func means(of step: Step, in archive: TensorArchive) throws -> [Float] {
    let reader = ParameterReader(archive: archive)
    return try step.parts.flatMap { part in
      guard let normalization = part.normalization else {
        return [Float](repeating: 0, count: part.convolution.inputChannels)
      }
      return try reader.mean(normalization.module, normalization.channels)
    }
  }

  /// `weight` `[out, in, kh, kw]` for inputs that are not divided before: each input channel over its
  /// deviation.
  public func folded(weight: FloatTensor) -> FloatTensor {
    var folded = weight
    let taps = weight.shape[2] * weight.shape[3]
    for index in folded.values.indices {
      folded.values[index] /= deviation[index / taps % deviation.count]
    }
    return folded
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

  func mean(_ module: String, _ channels: Int) throws -> [Float] {
    try floats("\(module).mean", [1, channels, 1, 1]).values
  }

  func deviation(_ module: String, _ channels: Int) throws -> [Float] {
    try floats("\(module).std", [1, channels, 1, 1], "positive numbers", where: { $0 > 0 }).values
  }

  /// The kernel of `step`, those of its parts behind one another along the input channels.
  func kernel(of step: Step, _ geometry: Convolution) throws -> FloatTensor {
    guard step.readsImages else {
      return try floats("\(step.layer).weight", geometry.kernelShape)
    }
    return FloatTensor(
      concatenating: try step.parts.map {
        try floats("\($0.layer).weight", $0.convolution.kernelShape)
      }, axis: 1)
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
