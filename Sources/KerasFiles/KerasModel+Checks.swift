import Tensors

extension KerasModel {
  /// Checks that no variable is there twice and that `layers` have the variables that they state.
  ///
  /// Throws ``KerasError``.
  static func check(
    _ variables: [Variable], in weights: TensorArchive, against layers: KerasLayers, path: String
  ) throws(KerasError) {
    var shapes: [String: [String: Shape]] = [:]
    for variable in variables {
      guard
        shapes[variable.layer, default: [:]]
          .updateValue(weights[variable.entry]?.shape ?? [], forKey: variable.name) == nil
      else {
        throw .duplicateVariable(path: path, layer: variable.layer, name: variable.name)
      }
    }
    for placed in layers.placed {
      let layer = Layer(
        name: placed.name, className: placed.layer.className, config: placed.layer.settings)
      let found = shapes[placed.name] ?? [:]
      let expected: [String: [Int?]]
      switch layer.className {
      case "Conv2D": expected = layer.convolutionShapes
      case "BatchNormalization": expected = layer.normalizationShapes
      default: continue
      }
      for (name, dimensions) in expected.sorted(by: { $0.key < $1.key }) {
        guard let shape = found[name] else {
          throw .missing(path: path, layer: placed.name, found: "no '\(name)'")
        }
        let fits =
          shape.rank == dimensions.count
          && zip(shape.dimensions, dimensions).allSatisfy { $1 == nil || $0 == $1 }
        guard fits else {
          let text = dimensions.map { $0.map(String.init) ?? "?" }.joined(separator: ", ")
          throw .contradiction(
            path: path, layer: placed.name,
            reason: "\(name): the model configuration says shape [\(text)], found \(shape)")
        }
      }
      let optional = ["bias", "gamma", "beta"]
      if let name = optional.first(where: { found[$0] != nil && expected[$0] == nil }) {
        throw .contradiction(
          path: path, layer: placed.name,
          reason: "\(name): the model configuration says that it has none")
      }
    }
  }
}

extension KerasModel.Layer {
  /// The shapes of a two-dimensional convolution's variables, as far as the settings tell.
  fileprivate var convolutionShapes: [String: [Int?]] {
    let size: [Int?] = kernelSize?.count == 2 ? kernelSize ?? [] : [nil, nil]
    var shapes: [String: [Int?]] = ["kernel": size + [nil, filters]]
    if useBias ?? true { shapes["bias"] = [filters] }
    return shapes
  }

  /// The shapes of a normalization's variables: one number for each channel.
  fileprivate var normalizationShapes: [String: [Int?]] {
    var shapes: [String: [Int?]] = ["moving_mean": [nil], "moving_variance": [nil]]
    if scale ?? true { shapes["gamma"] = [nil] }
    if center ?? true { shapes["beta"] = [nil] }
    return shapes
  }
}
