import Networks
import OnnxFiles
import STMModel
import WeightFiles

/// One file of an export beside the network.
struct FileAlignment {
  private let file: WiringMatching.File
  private let path: String
  private let model: OnnxModel
  private let graph: Graph<OnnxOperator>
  private let position: Int
  private let alignment: Alignment
  private let network: NetworkWiring
  private let places: NetworkPlaces

  /// `file`, number `position` of `alignment`. Throws ``MappingError/noGraph(path:)``.
  init(
    _ file: WiringMatching.File, _ source: WeightSource, position: Int, alignment: Alignment,
    network: NetworkWiring, places: NetworkPlaces
  ) throws {
    guard case .onnx(let model) = source.structure else {
      throw MappingError.noGraph(path: source.path)
    }
    self.file = file
    path = source.path
    self.model = model
    graph = try model.graph
    self.position = position
    self.alignment = alignment
    self.network = network
    self.places = places
  }

  /// What corresponds. Throws ``MappingError/inputRole(path:input:candidates:)``.
  func correspondence(in stm: STMNetwork) throws -> Correspondence.File {
    let values = valuesByPlace
    var layers: [Correspondence.Layer] = []
    for (name, places) in places.layers {
      let found = places.flatMap { values[$0] ?? [] }
      guard let first = found.first else { continue }
      layers.append(.init(name: name, values: found.map(\.value), node: first.node))
    }
    layers += memoryReads
    let order = stm.graphs.flatMap { $0.nodes.flatMap(\.outputs) }
    let ranks = Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
    layers.sort { (ranks[$0.name] ?? 0) < (ranks[$1.name] ?? 0) }
    var owners: [String: String] = [:]
    for layer in layers { for value in layer.values { owners[value] = layer.name } }
    let graphs = stm.graphs.filter { isComputed($0) }.map(\.name)
    return Correspondence.File(
      path: path, label: file.label, model: model, inputs: graphs.isEmpty ? [:] : try inputs,
      graphs: graphs, layers: layers,
      strangers: strangers,
      outputs: graph.outputs.map {
        .init(name: $0.name, value: $0.value, layer: owners[$0.value])
      })
  }

  /// The values that the graph makes at each place of the network, in the order of the nodes.
  private var valuesByPlace: [Place: [(value: String, node: String)]] {
    let chains = chains
    let altered = placesAlteredByFolds(chains)
    var values: [Place: [(value: String, node: String)]] = [:]
    for node in graph.nodes {
      for value in node.outputs {
        guard let edge = file.wiring[value], file.wiring.vertices[edge.source].kind != .input,
          let stage = stage(of: edge, in: chains),
          !altered.contains(Place(vertex: edge.source, stage: stage)),
          let target = alignment.match(file: position, edge.source)
        else { continue }
        values[Place(vertex: target, stage: stage), default: []].append(
          (value, node.operation.label))
      }
    }
    return values
  }

  /// The places of the export around a sum with a batch norm that hold other values than the
  /// network's: the convolutions, if the batch norm is folded into every one of them; those with a
  /// bias, which the network has none of, and the sum before its batch norm.
  private func placesAlteredByFolds(_ chains: [Int: [Wiring.Passage]]) -> Set<Place> {
    let norms = network.wiring.batchNorms
    var altered: Set<Place> = []
    for (index, vertex) in file.wiring.vertices.enumerated() where vertex.kind == .sum {
      guard let target = alignment.match(file: position, index), norms[target] != nil else {
        continue
      }
      let isFolded = chains[index]?.isEmpty ?? true
      for source in vertex.edges.map(\.source)
      where isFolded || file.wiring.vertices[source].convolution?.bias != nil {
        altered.insert(Place(vertex: source, stage: .final))
        altered.insert(Place(vertex: index, stage: .raw))
      }
    }
    return altered
  }

  /// What stands behind each vertex before a ReLU.
  private var chains: [Int: [Wiring.Passage]] {
    var chains: [Int: [Wiring.Passage]] = [:]
    for value in graph.nodes.flatMap(\.outputs) {
      guard let edge = file.wiring[value], !edge.passages.contains(where: \.isPadding) else {
        continue
      }
      let chain = Array(edge.passages.prefix { $0 != .relu })
      if chain.count >= chains[edge.source]?.count ?? 0 { chains[edge.source] = chain }
    }
    return chains
  }

  /// Where a value of the export stands in the chain behind its vertex; nil where no layer of the
  /// network can.
  private func stage(of edge: Wiring.Edge, in chains: [Int: [Wiring.Passage]]) -> Place.Stage? {
    let chain = chains[edge.source] ?? []
    if edge.passages == chain { return .final }
    if edge.passages == chain + [.relu] { return .rectified }
    let vertex = file.wiring.vertices[edge.source]
    guard edge.passages.isEmpty, case .batchNorm? = chain.first,
      vertex.convolution?.bias == nil
    else { return nil }
    return .raw
  }

  /// What the decoder's first convolution reads: the memory read beside the query's value.
  private var memoryReads: [Correspondence.Layer] {
    let name = "Memory.concatenate"
    return file.wiring.vertices.enumerated().compactMap { index, vertex in
      guard vertex.kind == .convolution, let edge = vertex.edges.first, edge.passages.isEmpty,
        file.wiring.vertices[edge.source].kind == .mixture,
        let target = alignment.match(file: position, index),
        let source = network.wiring.vertices[target].edges.first?.source,
        network.wiring[name]?.source == source,
        let node = graph.nodes.first(where: { $0.operation.label == vertex.name }),
        let value = node.inputs.first,
        let maker = graph.nodes.first(where: { $0.outputs.contains(value) })
      else { return nil }
      return .init(name: name, values: [value], node: maker.operation.label)
    }
  }

  private var strangers: [String] {
    file.wiring.vertices.enumerated().compactMap { index, vertex in
      vertex.kind == .convolution && alignment.match(file: position, index) == nil
        ? vertex.name : nil
    }
  }

  /// Whether the file holds a convolution of `graph`.
  private func isComputed(_ graph: Graph<LayerOperation>) -> Bool {
    let names = Set(graph.nodes.map(\.name))
    return file.wiring.vertices.indices.contains { index in
      guard file.wiring.vertices[index].kind == .convolution,
        let target = alignment.match(file: position, index)
      else { return false }
      return names.contains(network.wiring.vertices[target].name)
    }
  }

  private var inputs: [String: GraphInput] {
    get throws {
      var inputs: [String: GraphInput] = [:]
      for (index, vertex) in file.wiring.vertices.enumerated() where vertex.kind == .input {
        inputs[vertex.name] = try input(index, vertex)
      }
      return inputs
    }
  }

  private func input(_ index: Int, _ vertex: Wiring.Vertex) throws(MappingError) -> GraphInput {
    var candidates = alignment.candidates[position][index].map(role)
    if candidates.count > 1 {
      let named = file.roles[vertex.name] ?? InputRole.of(vertex.name)
      let isMemory = model.inputs.first { $0.name == vertex.name }?.dimensions.map { $0.count == 5 }
      candidates = candidates.filter { candidate in
        named.map { $0 == candidate } ?? (candidate.hasPrefix("memory_") == isMemory)
      }
    }
    guard let role = candidates.first, candidates.count == 1 else {
      throw .inputRole(
        path: path, input: vertex.name,
        candidates: alignment.candidates[position][index].map(role).sorted())
    }
    let readers = firstConvolutions(of: index)
    let isNormalized = !readers.contains(where: \.normalizes)
    return switch role {
    case "frame": .frame(encoders: Set(readers.map(\.encoder)), isNormalized: isNormalized)
    case "mask": .mask
    case "others": .others
    case Self.stem: .stacked(isNormalized: isNormalized)
    default: .crossing(role)
    }
  }

  /// What the network's vertex `index` is called where a graph is given its value.
  private func role(_ index: Int) -> String {
    network.boundaries.first { $0.vertex == index }?.names.last
      ?? network.wiring.vertices[index].name
  }

  /// The vertex that joins frame, mask and others in a stem of five channels.
  private static let stem = "Encoder_M.concatenate"

  /// The first convolutions of encoders that read input `index`, and whether it is shifted or
  /// scaled on its way there.
  private func firstConvolutions(
    of index: Int
  ) -> [(encoder: String, normalizes: Bool)] {
    func arrivals(_ vertex: Wiring.Vertex) -> [Wiring.Edge] {
      vertex.edges.flatMap { edge in
        let source = file.wiring.vertices[edge.source]
        return source.kind == .mixture && edge.source != index ? source.edges : [edge]
      }.filter { $0.source == index }
    }
    return file.wiring.vertices.indices.compactMap { reader in
      let vertex = file.wiring.vertices[reader]
      guard vertex.kind == .convolution, let edge = arrivals(vertex).first,
        let target = alignment.match(file: position, reader)
      else { return nil }
      let name = network.wiring.vertices[target].name
      guard name.hasSuffix(".conv1") else { return nil }
      let normalizes = edge.passages.contains { $0.isShift || $0.isScale }
      return (name.replacing(".conv1", with: ""), normalizes)
    }
  }
}
