/// Which vertices of the network the vertices of an export can be.
///
/// Every vertex starts with all vertices of its kind and shape as candidates. A candidate goes
/// when a neighbour rules it out: what a vertex reads must be among what the candidate reads, and
/// so for what reads it, and no two convolutions are the same one. This repeats until nothing
/// changes. A vertex with one candidate left is matched; with several, nothing in the export tells
/// them apart; with none, it does not belong to this network.
struct Alignment {
  /// A file's wiring, and what is known of it before.
  struct Export {
    let wiring: Wiring
    /// The network's vertices that inputs and convolutions are known to be, by name.
    var known: [Int: Set<Int>]
  }

  /// The candidates of every vertex, by file.
  private(set) var candidates: [[Set<Int>]]

  private let network: NetworkWiring
  private let exports: [Export]
  private let networkSuccessors: [[Int]]
  private let exportSuccessors: [[[Int]]]

  /// Narrows the candidates of all files of one export together.
  init(_ exports: [Export], to network: NetworkWiring) {
    self.exports = exports
    self.network = network
    networkSuccessors = network.wiring.successors
    exportSuccessors = exports.map(\.wiring.successors)
    candidates = exports.map { export in
      export.wiring.vertices.indices.map { index in
        let initial = Self.initial(export.wiring.vertices[index], in: network)
        return export.known[index].map(initial.intersection) ?? initial
      }
    }
    narrow()
  }

  /// The vertex of the network that vertex `index` of file `file` is, if only one is left.
  func match(file: Int, _ index: Int) -> Int? {
    let left = candidates[file][index]
    return left.count == 1 ? left.first : nil
  }

  /// Gives vertices that have no candidate left those back that were known before.
  ///
  /// One layer that is not the network's rules out all that hangs together with it; what names
  /// tell shows where that layer is.
  mutating func restoreKnown() {
    for (file, export) in exports.enumerated() {
      for (index, known) in export.known where candidates[file][index].isEmpty {
        candidates[file][index] = Self.initial(export.wiring.vertices[index], in: network)
          .intersection(known)
      }
    }
  }

  private static func initial(_ vertex: Wiring.Vertex, in network: NetworkWiring) -> Set<Int> {
    let vertices = network.wiring.vertices
    func all(where condition: (Wiring.Vertex) -> Bool) -> Set<Int> {
      Set(vertices.indices.filter { condition(vertices[$0]) })
    }
    switch vertex.kind {
    case .convolution:
      return all { $0.convolution?.kernel == vertex.convolution?.kernel }
    case .sum, .maxPool, .upsample: return all { $0.kind == vertex.kind }
    case .input, .mixture:
      return all { $0.kind == .input || $0.kind == .mixture }
        .union(network.boundaries.map(\.vertex))
    }
  }

  private mutating func narrow() {
    var isChanging = true
    while isChanging {
      isChanging = false
      for file in exports.indices {
        for index in exports[file].wiring.vertices.indices where isAlive(file, index) {
          let kept = candidates[file][index].filter { isPossible($0, for: index, in: file) }
          if kept.count < candidates[file][index].count {
            candidates[file][index] = kept
            isChanging = true
          }
        }
      }
      if excludeTaken() { isChanging = true }
    }
  }

  /// Whether the vertex is connected at all; flattened sums and merged mixtures are not.
  private func isAlive(_ file: Int, _ index: Int) -> Bool {
    let vertex = exports[file].wiring.vertices[index]
    return vertex.kind == .input || vertex.kind == .convolution || !vertex.edges.isEmpty
  }

  /// Whether every neighbour of `index` can be a neighbour of `candidate` of the same side.
  private func isPossible(_ candidate: Int, for index: Int, in file: Int) -> Bool {
    let vertex = exports[file].wiring.vertices[index]
    let target = network.wiring.vertices[candidate]
    let readsNothing = vertex.kind == .input || vertex.kind == .mixture
    if !readsNothing {
      let sources = vertex.edges.map(\.source)
      guard canPair(sources, target.edges.map(\.source), in: file) else { return false }
    }
    let allowed = Set(networkSuccessors[candidate])
    return exportSuccessors[file][index].allSatisfy { successor in
      exports[file].wiring.vertices[successor].kind == .mixture
        || !candidates[file][successor].isDisjoint(with: allowed)
    }
  }

  /// Whether all of `sources` can be different ones of `targets`, and none of those is left over.
  private func canPair(_ sources: [Int], _ targets: [Int], in file: Int) -> Bool {
    guard sources.count == targets.count else { return false }
    return isPairable(sources[...], targets, in: file)
  }

  private func isPairable(_ sources: ArraySlice<Int>, _ targets: [Int], in file: Int) -> Bool {
    guard let source = sources.first else { return true }
    for (position, target) in targets.enumerated()
    where candidates[file][source].contains(target) {
      var rest = targets
      rest.remove(at: position)
      if isPairable(sources.dropFirst(), rest, in: file) { return true }
    }
    return false
  }

  /// Takes every convolution that is matched from the candidates of the other convolutions.
  private mutating func excludeTaken() -> Bool {
    var isChanged = false
    for file in exports.indices {
      let vertices = exports[file].wiring.vertices
      for index in vertices.indices where vertices[index].kind == .convolution {
        guard let taken = match(file: file, index) else { continue }
        for other in vertices.indices
        where other != index && vertices[other].kind == .convolution
          && candidates[file][other].contains(taken)
        {
          candidates[file][other].remove(taken)
          isChanged = true
        }
      }
    }
    return isChanged
  }
}
