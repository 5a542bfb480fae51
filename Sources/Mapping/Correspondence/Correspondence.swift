public import OnnxFiles
public import STMModel
public import WeightFiles

/// Which values of an exporter's graphs are which layers of the network.
///
/// Found out from the export alone, as its import finds the places of its tensors; a layer without
/// a value of its own in the export (inside a folded convolution, or left out by an optimizer) is
/// not there. What a wrong correspondence pairs is not equal, so it cannot hide anything.
public struct Correspondence: Sendable {
  /// A layer and its counterparts.
  public struct Layer: Sendable, Hashable {
    /// The layer's canonical name.
    public let name: String
    /// The values of the graph that hold what the layer makes, the first made first; those behind
    /// it are copies in other shapes.
    public let values: [String]
    /// The node that makes the first of them.
    public let node: String
  }

  /// A value that a file hands out.
  public struct Output: Sendable, Hashable {
    /// Its name outside.
    public let name: String
    /// Its name in the graph.
    public let value: String
    /// The layer whose value it is, maybe in another shape; nil for anything else.
    public let layer: String?
  }

  /// One file of the export.
  public struct File: Sendable {
    /// Its path.
    public let path: String
    /// What reports call it.
    public let label: String
    /// What it holds.
    public let model: OnnxModel
    /// What its inputs are given, by name.
    public let inputs: [String: GraphInput]
    /// The graphs of the network that it computes, by name: `memorize`, `query`, `decode`.
    public let graphs: [String]
    /// The layers that have counterparts, in the network's order.
    public let layers: [Layer]
    /// The convolutions that are none of the network's, by their nodes.
    public let strangers: [String]
    /// What it hands out.
    public let outputs: [Output]
  }

  /// The files, in the order given.
  public let files: [File]

  /// Aligns the graphs of `sources`, ONNX files of one export, with `network`.
  ///
  /// Throws ``MappingError`` for files without a graph and for inputs whose role is open.
  public init(
    of sources: [WeightSource], network: STMNetwork, bindings: [InputBinding] = []
  ) throws {
    for source in sources {
      guard case .onnx = source.structure else {
        throw MappingError.noGraph(path: source.path)
      }
    }
    var options = MappingOptions()
    options.bindings = bindings
    let export = try NamedExport(
      of: sources, as: network.configuration, options: options)
    let wiring = NetworkWiring(
      network, mergesStem: export.files.contains { $0.wiring.mergesStem })
    var alignment = WiringMatching.alignment(
      of: export.files, to: wiring, claimed: export.claimed)
    alignment.restoreKnown()
    let places = NetworkPlaces(network, wiring)
    files = try export.files.enumerated().map { position, file in
      try FileAlignment(
        file, sources[file.index], position: position, alignment: alignment, network: wiring,
        places: places
      ).correspondence(in: network)
    }
  }
}

/// What an exporter's graph is given through an input.
public enum GraphInput: Sendable, Hashable {
  /// A frame `[1, 3, H, W]` for these encoders, by name; normalized by the caller where the graph
  /// does not normalize it.
  case frame(encoders: Set<String>, isNormalized: Bool)
  /// The object's mask `[N, 1, H, W]`.
  case mask
  /// The mask of all other objects `[N, 1, H, W]`.
  case others
  /// Frame, mask and others behind one another along the channels, `[N, 5, H, W]`.
  case stacked(isNormalized: Bool)
  /// What another graph of the network hands out: `memory_keys`, `memory_values`, `key`, `value`,
  /// `r3` or `r2`.
  case crossing(String)
}
