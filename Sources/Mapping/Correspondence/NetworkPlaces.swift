import Networks
import STMModel

/// Where in a chain behind a vertex a value stands: before the batch norm, after it, after the ReLU.
struct Place: Hashable {
  enum Stage: Hashable { case raw, final, rectified }

  let vertex: Int
  let stage: Stage
}

/// The layers of the network by place.
struct NetworkPlaces {
  /// The layers in the network's order, with their places; those at one place have one value.
  let layers: [(name: String, places: [Place])]

  init(_ network: STMNetwork, _ wiring: NetworkWiring) {
    let names = network.graphs.flatMap { graph in graph.nodes.flatMap(\.outputs) }
    let norms = wiring.wiring.batchNorms
    var last: [Place: String] = [:]
    var places: [String: [Place]] = [:]
    for name in names {
      guard let edge = wiring.wiring[name],
        wiring.wiring.vertices[edge.source].kind != .input,
        wiring.wiring.vertices[edge.source].kind != .mixture
      else { continue }
      let hasNorm = norms[edge.source] != nil
      var stages: [Place.Stage] = [.raw]
      if edge.passages.contains(.relu) {
        stages = [.rectified]
      } else if !edge.passages.isEmpty {
        stages = [.final]
      } else if !hasNorm {
        stages = [.raw, .final]
      }
      places[name] = stages.map { Place(vertex: edge.source, stage: $0) }
      for place in places[name] ?? [] { last[place] = name }
    }
    layers = names.compactMap { name in
      guard let own = places[name]?.filter({ last[$0] == name }), !own.isEmpty else { return nil }
      return (name, own)
    }
  }
}
