import Execution
import Mapping
import OnnxExecution
import OnnxFiles
import Segmentation
import Tensors

/// One file of an export and the same part of the network, on the same inputs.
struct SourceRun {
  private let file: Correspondence.File
  private let extents: ResolvedExtents
  /// The order of the colours that the file's graph is given.
  private let channels: ChannelOrder
  /// What the layers to be compared made, by name.
  private let layers: [String: FloatTensor]
  /// What the network's graphs hand to one another.
  private var crossings: [String: FloatTensor] = [:]
  /// Frames by encoder, and the masks.
  private let frames: [String: FloatTensor]
  private let masks: [FloatTensor]

  /// Runs the `layers` programs of `network` on noise of the extents that `file` asks for.
  ///
  /// Throws ``VerificationError`` or what running throws.
  init(
    _ file: Correspondence.File, network: CompiledNetwork, extents wanted: SourceExtents,
    channels: ChannelOrder
  ) throws {
    self.file = file
    self.channels = channels
    extents = try ResolvedExtents(file, wanted)
    let (height, width, objects) = (extents.height, extents.width, extents.objects)
    var noise = Noise(seed: 1)
    let isShared = file.inputs.values.contains { $0.encoders.count > 1 }
    let decodes = file.graphs.contains("decode")
    let memorized = (0..<extents.memory).map { _ in noise.tensor([1, 3, height, width]) }
    let queried = isShared ? memorized[0] : noise.tensor([1, 3, height, width])
    let masks = (0..<2).map { _ in noise.tensor([objects, 1, height, width]) }
    frames = ["Encoder_M": memorized[0], "Encoder_Q": queried]
    self.masks = masks

    let hidden = network.programs.map(\.bound.program.layersInsideFolds)
    let kept = Set(file.layers.map(\.name)).subtracting(hidden.joined())
      .union(["Encoder_M.normalize", "Encoder_Q.normalize", Self.logits])
    var layers: [String: FloatTensor] = [:]
    let taps = Taps(kept) { layers[$0] = $1 }
    if decodes || file.graphs.contains("memorize") {
      var keys: [FloatTensor] = []
      var values: [FloatTensor] = []
      for (index, frame) in memorized.enumerated() {
        let memory = try network.memorize.run(
          ["frame": frame, "mask": masks[0], "others": masks[1]], taps: index == 0 ? taps : .none)
        keys += [memory["key"]?.asMemory].compactMap { $0 }
        values += [memory["value"]?.asMemory].compactMap { $0 }
      }
      crossings["memory_keys"] = FloatTensor(concatenating: keys, axis: 2)
      crossings["memory_values"] = FloatTensor(concatenating: values, axis: 2)
    }
    if decodes || file.graphs.contains("query") {
      let outputs = try network.query.run(["frame": queried], taps: taps)
      crossings.merge(outputs) { $1 }
    }
    if decodes { _ = try network.decode.run(crossings, taps: taps) }
    self.layers = layers
  }

  /// What was run, in so many seconds.
  func summary(seconds: Double?) -> SourceVerification.Run {
    .init(
      file: file.label, graphs: file.graphs, height: extents.height, width: extents.width,
      memory: extents.memory,
      takesNormalizedFrames: file.inputs.values.contains(where: \.isNormalized),
      seconds: seconds)
  }

  /// The seconds of the quickest of three runs of the file's graph. Throws `OnnxExecutionError`.
  func seconds(of program: OnnxProgram) throws -> Double {
    let feeds = try feeds(for: program)
    let times = try (0..<3).map { _ in
      try ContinuousClock().measure { _ = try program.run(feeds) }
    }
    return times.min().map { $0 / .seconds(1) } ?? 0
  }

  /// Runs the file's graph and compares each layer with the first counterpart of its shape, and
  /// with what the graph hands out of it; in another shape, that counts only where it is equal.
  ///
  /// Returns the comparisons, and the values among ``Correspondence/File/outputs`` that were
  /// compared. Throws `OnnxExecutionError`.
  func compare(
    with program: OnnxProgram, _ tolerances: Tolerances
  ) throws -> (comparisons: [SourceVerification.Comparison], outputs: Set<String>) {
    var found: [String: SourceVerification.Comparison] = [:]
    let outputs = Set(file.outputs.map(\.value))
    var comparedOutputs: Set<String> = []
    var readers: [String: [Correspondence.Layer]] = [:]
    for layer in file.layers where layers[layer.name] != nil {
      for value in layer.values { readers[value, default: []].append(layer) }
    }
    let taps = Taps(Set(readers.keys)) { name, value in
      for layer in readers[name] ?? []
      where found[layer.name] == nil || outputs.contains(name) {
        guard let own = layers[layer.name]?.repeated(value.shape.dimensions.first),
          own.values.count == value.values.count
        else { continue }
        var metrics = ErrorMetrics()
        metrics.include(reference: value, candidate: own)
        let tolerance = tolerances.tolerance(of: layer.name)
        guard own.shape == value.shape || metrics.relativeMaximumError <= tolerance else {
          continue
        }
        if outputs.contains(name) { comparedOutputs.insert(name) }
        guard own.shape == value.shape else { continue }
        let comparison = SourceVerification.Comparison(
          file: file.label, layer: layer.name, node: layer.node, value: name, metrics: metrics,
          tolerance: tolerance)
        if let earlier = found[layer.name], !earlier.passes || comparison.passes { continue }
        found[layer.name] = comparison
      }
    }
    let results = try program.run(try feeds(for: program), taps: taps)
    let probabilities = probabilities
    let tolerance = tolerances.tolerance(of: Self.logits)
    for output in file.outputs where !comparedOutputs.contains(output.value) {
      guard let result = results[output.name], result.elementType.isFloatingPoint else { continue }
      let values = result.floats()
      if probabilities.contains(where: { $0.isClose(to: values, within: tolerance) }) {
        comparedOutputs.insert(output.value)
      }
    }
    return (file.layers.compactMap { found[$0.name] }, comparedOutputs)
  }

  /// The layer that the network ends in.
  private static let logits = "Decoder.upsample"

  /// What graphs go on to make of the logits: the softmax over background and object, `[N, 2, H,
  /// W]`, the object's part of it, `[N, 1, H, W]`, and the soft aggregation, `[N + 1, 1, H, W]`.
  private var probabilities: [FloatTensor] {
    guard let logits = layers[Self.logits] else { return [] }
    let objects = SoftAggregation.objectProbabilities(logits)
    let background = FloatTensor(shape: objects.shape, values: objects.values.map { 1 - $0 })
    return [
      FloatTensor(concatenating: [background, objects], axis: 1), objects,
      SoftAggregation.aggregate(objects),
    ]
  }

  /// What the graph is given, in the types that it declares.
  private func feeds(for program: OnnxProgram) throws -> [String: Tensor] {
    var feeds: [String: Tensor] = [:]
    for input in program.inputs {
      guard let role = file.inputs[input.name] else { continue }
      var value = try value(of: role).repeated(input.dimensions?.first ?? nil)
      if input.dimensions?.count == 3 { value = value.flattened }
      guard let tensor = Tensor(value, as: input.elementType ?? .float32) else {
        throw VerificationError.sourceInput(
          path: file.path, input: input.name, expected: "floating-point elements",
          found: input.elementType?.rawValue ?? "none")
      }
      feeds[input.name] = tensor
    }
    return feeds
  }

  private func value(of role: GraphInput) throws -> FloatTensor {
    func frame(_ encoder: String, isNormalized: Bool) -> FloatTensor {
      let value = isNormalized ? layers["\(encoder).normalize"] : frames[encoder]
      guard let value else { preconditionFailure("no frame for '\(encoder)'") }
      return channels == .bgr ? value.reversed(axis: 1) : value
    }
    switch role {
    case .frame(let encoders, let isNormalized):
      return frame(encoders.sorted().first ?? "Encoder_Q", isNormalized: isNormalized)
    case .mask: return masks[0]
    case .others: return masks[1]
    case .stacked(let isNormalized):
      return FloatTensor(
        concatenating: [frame("Encoder_M", isNormalized: isNormalized)] + masks, axis: 1)
    case .crossing(let name):
      guard let value = crossings[name] else { preconditionFailure("no '\(name)'") }
      return value
    }
  }
}

extension GraphInput {
  /// The encoders that read it as a frame.
  fileprivate var encoders: Set<String> {
    if case .frame(let encoders, _) = self { encoders } else { [] }
  }

  /// Whether it is a frame that the caller normalizes.
  fileprivate var isNormalized: Bool {
    switch self {
    case .frame(_, let isNormalized), .stacked(let isNormalized): isNormalized
    case .mask, .others, .crossing: false
    }
  }
}

extension FloatTensor {
  /// Whether the elements, in whatever shape, are those of `other` but for `tolerance` times the
  /// largest magnitude.
  fileprivate func isClose(to other: FloatTensor, within tolerance: Double) -> Bool {
    guard values.count == other.values.count else { return false }
    var metrics = ErrorMetrics()
    metrics.include(reference: other, candidate: self)
    return metrics.relativeMaximumError <= tolerance
  }

  /// `[N, C, ...]` as `[N, C, elements]`.
  fileprivate var flattened: FloatTensor {
    let inner = shape.dimensions.dropFirst(2).reduce(1, *)
    return FloatTensor(shape: [shape[0], shape[1], inner], values: values)
  }

  /// As many copies behind one another along the first axis, where it is 1; else the tensor itself.
  ///
  /// A graph for several objects may be given one frame for each.
  fileprivate func repeated(_ count: Int?) -> FloatTensor {
    guard let count, count > 1, shape.dimensions.first == 1 else { return self }
    return FloatTensor(concatenating: Array(repeating: self, count: count), axis: 0)
  }
}
