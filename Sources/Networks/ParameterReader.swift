import Tensors

/// Reads parameters by name and checks their shapes.
struct ParameterReader {
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
