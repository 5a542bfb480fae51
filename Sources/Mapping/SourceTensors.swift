import KerasFiles
import Networks
import OnnxFiles
import STMModel
import Tensors
import WeightFiles

/// All tensors of all files of an export.
struct SourceTensors {
  /// The files.
  let sources: [WeightSource]
  /// What audits call each file: the last component of its path, and as many before it as tell it
  /// from the others.
  let labels: [String]
  /// The tensors, in the order of the files.
  let all: [SourceTensor]
  /// What the user's rules make of them.
  let ruled: RuleMatching

  private let options: MappingOptions

  init(_ sources: [WeightSource], options: MappingOptions) {
    self.sources = sources
    labels = Self.labels(of: sources.map(\.path))
    self.options = options
    all = sources.enumerated().flatMap { file, source in
      Self.tensors(of: source, file: file)
    }
    ruled = RuleMatching(options.rules, to: all, of: sources.map(\.name))
  }

  private static func labels(of paths: [String]) -> [String] {
    let parts = paths.map { $0.split(separator: "/") }
    func suffix(_ index: Int, _ count: Int) -> String {
      parts[index].suffix(count).joined(separator: "/")
    }
    return paths.indices.map { index in
      let rivals = paths.indices.filter { paths[$0] != paths[index] }
      let count = (1...max(parts[index].count, 1)).first { count in
        !rivals.contains { suffix($0, count) == suffix(index, count) }
      }
      return suffix(index, count ?? 1)
    }
  }

  private static func tensors(of source: WeightSource, file: Int) -> [SourceTensor] {
    var names: [String: (name: String, isKernel: Bool)] = [:]
    if case .keras(let model) = source.structure {
      for variable in model.variables {
        names[variable.entry] = (
          "\(variable.layer).\(variable.name)", variable.name == "kernel"
        )
      }
    }
    return source.weights.entries.map { entry in
      let known = names[entry.name]
      let isKernel = known?.isKernel == true && entry.shape.rank == 4
      return SourceTensor(
        file: file, entry: entry, name: known?.name ?? entry.name,
        axes: isKernel ? [3, 2, 0, 1] : nil)
    }
  }

  /// Checks that no file is a model of this suite whose weights are integers.
  ///
  /// Throws ``MappingError/quantizedModel(path:precision:)``.
  func checkPrecisions() throws(MappingError) {
    for source in sources {
      if let precision = source.weights.metadata["stm.precision"],
        source.weights.entries.contains(where: { $0.elementType == .int8 })
      {
        throw .quantizedModel(path: source.path, precision: precision)
      }
    }
  }

  /// Tensors that cannot be read and need not be, with reasons, in the order of the files.
  ///
  /// Throws ``MappingError/unreadable(_:)`` for all others.
  func unreadable() throws(MappingError) -> [(file: Int, tensor: String, reason: String)] {
    var skipped: [(file: Int, tensor: String, reason: String)] = []
    var fatal: [String] = []
    for (file, source) in sources.enumerated() {
      for (name, error) in source.weights.unreadable.sorted(by: { $0.key < $1.key }) {
        if let reason = leftoverReason(name, renamed: name)
          ?? operandReason(file: file, name: name, isMatrix: true)
        {
          skipped.append((file, name, reason))
        } else {
          fatal.append(error.description)
        }
      }
    }
    guard fatal.isEmpty else { throw .unreadable(fatal) }
    return skipped
  }

  /// Why a tensor can be left out that the user allows, or that training leaves in checkpoints.
  func leftoverReason(_ name: String, renamed: String) -> String? {
    if let pattern = options.allowedUnexpected.first(where: { $0.matches(name) }) {
      return "allowed by '\(pattern)'"
    }
    let known = Convention.training + (options.into.isEmpty ? [] : Convention.classifier)
    return known.first { $0.pattern.matches(name) || $0.pattern.matches(renamed) }?.reason
  }

  /// Whether `tensor` is known to be the state of a training: in a checkpoint, or of an optimizer
  /// that was saved by itself.
  private func isTrainingState(_ tensor: SourceTensor) -> Bool {
    let name = tensor.entry.name
    return name.wholeMatch(of: /state\.[0-9]+\..*/) != nil
      || Convention.training.contains { $0.pattern.matches(name) }
  }

  /// The widths and depths that names and kernels show.
  ///
  /// A backbone alone shows the trunk's; the others are then the published multiples of it.
  func configuration(
    of renamed: [RenamedTensor], files: [WiringMatching.File], options: MappingOptions
  ) throws -> STMConfiguration {
    let derived = files.flatMap(\.kernels).filter { $0.derivation != nil }
    let replaced = Set(derived.flatMap(\.stored).map(\.id))
    let kernels = (all.filter { !replaced.contains($0.id) } + derived).map(\.shape)
      .filter { $0.rank == 4 }
    if KernelCensus.hasBasicBlocks(kernels) {
      throw MappingError.basicBlocks(sources: sources.map(\.path))
    }
    var shapes: [String: Shape] = [:]
    for tensor in renamed { shapes[tensor.name] = tensor.tensor.shape }
    do throws(STMConfigurationError) {
      guard options.into.isEmpty else {
        return try STMConfiguration(trunkOf: kernels)
      }
      return try STMConfiguration(inferredFrom: shapes, kernels: kernels)
    } catch {
      let paths = sources.map(\.path)
      guard !all.allSatisfy(isTrainingState) else {
        throw MappingError.trainingState(sources: paths)
      }
      if let trunk = try? STMConfiguration(trunkOf: kernels),
        KernelCensus(kernels).decoderChannels == nil
      {
        throw MappingError.backbone(sources: paths, width: trunk.trunkWidth, blocks: trunk.blocks)
      }
      throw MappingError.unrecognized(sources: paths, error)
    }
  }

  /// The graphs of the sources that have one.
  ///
  /// Throws ``MappingError`` for graphs of other kinds of networks, and for bindings of inputs that
  /// none has.
  func files() throws -> [WiringMatching.File] {
    let files = try sources.indices.compactMap { try file($0) }
    try checkBindings(files)
    return options.match == .names ? [] : files
  }

  private func file(_ index: Int) throws -> WiringMatching.File? {
    let source = sources[index]
    var tensors = Dictionary(
      all.filter { $0.file == index }.map { ($0.name, $0) }
    ) { first, _ in first }
    let wiring: Wiring
    switch source.structure {
    case .onnx(let model): wiring = try Wiring(model, path: source.path)
    case .keras(let model):
      guard let graph = model.graph else { return nil }
      wiring = Wiring(graph, shapes: tensors.mapValues(\.shape))
    case .none: return nil
    }
    for result in wiring.constants.results {
      tensors[result.entry.name] = SourceTensor(
        file: index, entry: result.entry, name: result.entry.name, axes: nil,
        derivation: .init(
          parts: result.parts.compactMap { tensors[$0] }, transform: result.transform))
    }
    var roles: [String: String] = [:]
    for vertex in wiring.vertices where vertex.kind == .input {
      for binding in options.bindings where binding.selects(vertex.name, ofFileAt: source.path) {
        roles[vertex.name] = binding.role
      }
    }
    return WiringMatching.File(
      index: index, label: labels[index], wiring: wiring,
      tensors: tensors, roles: roles)
  }

  /// Kernels of Keras files that only count their layers, and what each could be by its shape.
  ///
  /// The counters follow the depth of layers in the graph, which puts layers of one shape in an
  /// order that the file does not show.
  func counted(_ claimed: Set<SourceTensor.ID>, names: NetworkNames) -> [Ambiguity] {
    sources.indices.flatMap { file -> [Ambiguity] in
      guard case .keras(let model) = sources[file].structure, model.namesAreCounters,
        model.graph == nil
      else { return [] }
      return all.filter { $0.file == file && $0.axes != nil && !claimed.contains($0.id) }
        .map { tensor in
          let layers = names.shapes.filter { $0.value == tensor.shape }.keys
            .map { $0.replacing(".weight", with: "") }.sorted()
          return Ambiguity(
            tensors: [tensor.id],
            found: "\(labels[file]): the kernel of '\(tensor.name)' \(tensor.shape), "
              + "whose layer has a number and no name",
            candidates: layers)
        }
    }
  }

  private func checkBindings(_ files: [WiringMatching.File]) throws(MappingError) {
    for binding in options.bindings {
      let isKnown = files.contains { file in
        file.wiring.vertices.contains {
          $0.kind == .input && binding.selects($0.name, ofFileAt: file.label)
        }
      }
      guard isKnown else {
        let inputs = files.flatMap { file in
          file.wiring.vertices.filter { $0.kind == .input }.map(\.name)
        }
        throw .unknownInput(binding: binding.description, inputs: inputs)
      }
    }
  }

  /// Why a tensor of a graph that is no parameter can be left out: no layer with weights reads it.
  func operandReason(file: Int, name: String, isMatrix: Bool) -> String? {
    if case .keras(let model) = sources[file].structure {
      return model.unused.first { $0.entry == name }?.reason
    }
    guard case .onnx(let model) = sources[file].structure, let graph = try? model.graph
    else { return nil }
    let readers = graph.nodes.filter { $0.inputs.contains(name) }
    guard let reader = readers.first else { return "no node of the graph reads it" }
    let isWeight = readers.contains { reader in
      Self.learning.contains(reader.operation.type)
        || (reader.operation.type == "MatMul" && isMatrix)
    }
    guard !isWeight else { return nil }
    return "an operand of \(reader.operation.type)#\(reader.operation.index)"
  }

  /// Operators whose constant operands are learned.
  private static let learning: Set = [
    "Conv", "FusedConv", "ConvTranspose", "BatchNormalization", "InstanceNormalization",
    "LayerNormalization", "GroupNormalization", "Gemm", "PRelu", "LSTM", "GRU", "RNN",
  ]
}
