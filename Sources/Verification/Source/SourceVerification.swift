public import Execution
public import Mapping
public import Models
public import Networks
import OnnxExecution
import Quantization
import STMModel
import Segmentation
public import WeightFiles

/// Compares every layer of the `layers` programs with what the exporter's own graphs compute.
///
/// Both are given the same inputs: frames and masks of noise, and for graphs that begin inside the
/// network what the model's other graphs hand out. Which value is which layer is read off the
/// export alone, whatever the model was imported from.
public struct SourceVerification: Sendable {
  /// One layer and its counterpart.
  public struct Comparison: Sendable {
    /// The file that computes the counterpart.
    public let file: String
    /// The layer.
    public let layer: String
    /// The node that makes the counterpart, as in `Conv#17`.
    public let node: String
    /// The counterpart's name in the graph.
    public let value: String
    /// How far the layer is from it.
    public let metrics: ErrorMetrics
    /// The largest error allowed, relative to the counterpart's largest magnitude.
    public let tolerance: Double

    /// Whether the error is within the tolerance.
    public var passes: Bool { metrics.relativeMaximumError <= tolerance }
  }

  /// Something of a file that has no counterpart.
  public struct Unmatched: Sendable, Hashable {
    /// The file.
    public let file: String
    /// A layer, a node or an output, by name.
    public let name: String
  }

  /// The size of what a file was run on.
  public struct Run: Sendable, Hashable {
    /// The file.
    public let file: String
    /// The graphs of the network that it computes.
    public let graphs: [String]
    /// The frame's height and width, in pixels.
    public let height: Int, width: Int
    /// How many frames the memory held.
    public let memory: Int
    /// Whether its frames were given normalized, because it does not normalize them.
    public let takesNormalizedFrames: Bool
    /// The seconds that a run of the exporter's graph took, the least of three that nobody
    /// observed; nil unless it was to be measured.
    public let seconds: Double?
  }

  /// The runs, in the order of the files.
  public let runs: [Run]
  /// The layers that were compared, in the network's order.
  public let comparisons: [Comparison]
  /// What a file's part of the network hands out, without a counterpart of its shape, or with one
  /// that the file keeps to itself or hands out something else in place of.
  public let missing: [Unmatched]
  /// Convolutions of the export that are none of the network's.
  public let strangers: [Unmatched]
  /// Layers whose values the export does not show: it folded or fused them, or the model did.
  public let hidden: [Unmatched]
  /// Outputs of the export that are neither a layer's nor probabilities made of the logits.
  public let otherOutputs: [Unmatched]
  /// Such outputs that were to be left out.
  public let ignoredOutputs: [Unmatched]

  /// Whether each layer that was compared is within its tolerance, and nothing is left over on
  /// either side.
  public var passes: Bool {
    !comparisons.isEmpty && comparisons.allSatisfy(\.passes) && missing.isEmpty
      && strangers.isEmpty && otherOutputs.isEmpty
  }

  /// The first layer that is not within its tolerance, in the network's order.
  public var firstDivergence: Comparison? { comparisons.first { !$0.passes } }

  /// Runs `model` and the graphs of `sources` in binary32 and compares; the graphs are given
  /// colours in the order `channels`, and outputs that `ignoring` selects need no counterpart.
  ///
  /// Heavy operators of the graphs run on `kernels`, if given; `measuresTime` runs each graph again
  /// to measure it; `progress` is told how many files are done. Throws ``VerificationError``,
  /// `MappingError`, `OnnxExecutionError`, or what binding and running throw.
  public init(
    of model: Model, against sources: [WeightSource], bindings: [InputBinding] = [],
    channels: ChannelOrder = .rgb, extents: SourceExtents = SourceExtents(),
    ignoring: [NamePattern] = [],
    tolerances: Tolerances, backend: any Backend, kernels: (any OperatorKernels)?,
    measuresTime: Bool = false, progress: (Int) -> Void = { _ in }
  ) throws {
    guard !model.plan.hasIntegerLayers else {
      throw VerificationError.precision(
        path: model.path, expected: "fp32, fp16, bf16 or w8 layers", found: model.plan.name)
    }
    let correspondence = try Correspondence(
      of: sources, network: model.network, bindings: bindings)
    for file in correspondence.files where file.graphs.isEmpty {
      throw VerificationError.otherNetwork(
        path: file.path, model: model.path, configuration: "\(model.configuration)")
    }
    let programs = try correspondence.files.map {
      try OnnxProgram($0.model, path: $0.path, kernels: kernels)
    }
    let network = try CompiledNetwork(model, backend: backend) { try model.layers($0) }
    var runs: [Run] = []
    var comparisons: [Comparison] = []
    var missing: [Unmatched] = []
    var hidden: [Unmatched] = []
    var otherOutputs: [Unmatched] = []
    for (file, program) in zip(correspondence.files, programs) {
      let run = try SourceRun(file, network: network, extents: extents, channels: channels)
      let (found, outputs) = try run.compare(with: program, tolerances)
      comparisons += found
      otherOutputs += file.outputs.filter { !outputs.contains($0.value) }
        .map { Unmatched(file: file.label, name: $0.name) }
      runs.append(run.summary(seconds: measuresTime ? try run.seconds(of: program) : nil))
      let compared = Set(found.map(\.layer))
      let graphs = model.network.graphs.filter { file.graphs.contains($0.name) }
      let outputsMissing = Set(graphs.flatMap { $0.outputs.map(\.value) }).subtracting(compared)
        .union(file.withheld(of: graphs))
      missing += outputsMissing.sorted().map { Unmatched(file: file.label, name: $0) }
      for graph in graphs {
        hidden += graph.nodes.flatMap(\.outputs).filter { !compared.contains($0) }
          .map { Unmatched(file: file.label, name: $0) }
      }
      progress(runs.count)
    }
    self.runs = runs
    let order = model.network.graphs.flatMap { $0.nodes.flatMap(\.outputs) }
    let ranks = Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
    self.comparisons = comparisons.sorted { (ranks[$0.layer] ?? 0) < (ranks[$1.layer] ?? 0) }
    self.missing = missing
    self.hidden = hidden.filter { !missing.contains($0) }
    strangers = correspondence.files.flatMap { file in
      file.strangers.map { Unmatched(file: file.label, name: $0) }
    }
    func isIgnored(_ output: Unmatched) -> Bool { ignoring.contains { $0.matches(output.name) } }
    self.otherOutputs = otherOutputs.filter { !isIgnored($0) }
    ignoredOutputs = otherOutputs.filter(isIgnored)
  }
}

extension Correspondence.File {
  /// What `graphs`, the network's that the file computes, hand to others and the file does not: it
  /// keeps it to itself, or hands out something else under its name.
  ///
  /// A file that holds the decoder may keep to itself what it gives it.
  fileprivate func withheld(of graphs: [Graph<LayerOperation>]) -> Set<String> {
    let crossings = graphs.filter { $0.name != "decode" }.flatMap(\.outputs)
    let handedOut = Set(outputs.compactMap(\.layer))
    let isClosed = graphs.contains { $0.name == "decode" }
    return Set(
      crossings.filter { crossing in
        let named = outputs.filter { $0.plainName == crossing.name }
        let expected = Set(crossings.filter { $0.name == crossing.name }.map(\.value))
        let isMisnamed = named.contains { !expected.contains($0.layer ?? "") }
        return isMisnamed || (!isClosed && !handedOut.contains(crossing.value))
      }.map(\.value))
  }
}

extension Correspondence.Output {
  /// `key` for `query_key`, and the like.
  fileprivate var plainName: String {
    let lowered = name.lowercased()
    let prefix = ["memory_", "query_"].first(where: lowered.hasPrefix) ?? ""
    return String(lowered.dropFirst(prefix.count))
  }
}
