import Tensors

/// How the layers of a network or of an export are connected, as far as that tells them apart.
///
/// Convolutions, sums, poolings and upsamplings are vertices. What lies between two of them (batch
/// norms, activations, padding, constants that scale) stands on the edge; what only renames or
/// reshapes a value is gone. Everything else becomes a `mixture`, and mixtures that feed one
/// another are one: the memory read is a single vertex, however it was written.
struct Wiring: Sendable {
  /// What a vertex does.
  enum Kind: Sendable, Hashable {
    /// A value that the graph is given.
    case input
    case convolution
    /// A sum of two or more values.
    case sum
    case maxPool
    case upsample
    /// Anything else that combines or transforms values.
    case mixture
  }

  /// What a value passes between two vertices.
  enum Passage: Sendable, Hashable {
    case batchNorm(WiredBatchNorm)
    case relu
    /// Zeros around the image: top, left, bottom, right; nil where the graph computes how many.
    case padding([Int]?)
    /// `x + constant`, or `x - constant`.
    case shift(constant: String, isNegative: Bool)
    /// `x * constant`, or `x / constant`.
    case scale(constant: String, isReciprocal: Bool)
  }

  /// A value that a vertex reads: the vertex that made it, and what it passed on its way.
  struct Edge: Sendable, Hashable {
    let source: Int
    let passages: [Passage]
  }

  /// One vertex; its index in ``vertices`` names it.
  struct Vertex: Sendable {
    let kind: Kind
    /// The layer's canonical name, the input's name, or the operator as in `Conv#17`.
    let name: String
    /// What it reads.
    var edges: [Edge]
    /// The weights and the geometry of a convolution.
    let convolution: WiredConvolution?
  }

  /// The vertices in an order in which they can run.
  private(set) var vertices: [Vertex] = []
  /// The values that are handed out, by the names they have outside.
  private(set) var outputs: [(name: String, edge: Edge)] = []

  private var traces: [String: Edge] = [:]
  /// How many nodes and outputs read each value.
  private let readers: [String: Int]

  /// What the graph computes from constants alone.
  let constants: ConstantProgram

  /// An empty wiring of a graph in which `readers` says how often each value is read.
  init(readers: [String: Int], constants: ConstantProgram = ConstantProgram()) {
    self.readers = readers
    self.constants = constants
  }

  /// The vertices that read from each vertex.
  var successors: [[Int]] {
    var lists = [[Int]](repeating: [], count: vertices.count)
    for (index, vertex) in vertices.enumerated() {
      for edge in vertex.edges { lists[edge.source].append(index) }
    }
    return lists
  }

  /// The batch norms that stand directly behind each vertex, by vertex.
  var batchNorms: [Int: WiredBatchNorm] {
    var norms: [Int: WiredBatchNorm] = [:]
    for edge in vertices.flatMap(\.edges) + outputs.map(\.edge) {
      for case .batchNorm(let norm) in edge.passages where norms[edge.source] == nil {
        norms[edge.source] = norm
      }
    }
    return norms
  }
}

/// The weights and the geometry of a convolution in an export.
struct WiredConvolution: Sendable, Hashable {
  /// `[out, in, kh, kw]`.
  let kernel: Shape
  /// The constant that holds the kernel.
  let weight: String
  /// The constant that holds the bias, if there is one.
  let bias: String?
  /// Steps along height and width.
  let strides: [Int]
  /// Top, left, bottom, right; nil where it depends on the image's size.
  let padding: [Int]?
  let dilations: [Int]
  let groups: Int
}

/// The constants of a batch norm in an export.
struct WiredBatchNorm: Sendable, Hashable {
  /// The node, as in `BatchNormalization#7`, or the layer's name.
  let name: String
  /// The constants for weight, bias, running mean and running variance, where they are.
  let constants: [String?]
  let epsilon: Double
}

extension Wiring {
  /// Whether the convolutions of frame, mask and others are one, of five channels.
  var mergesStem: Bool {
    vertices.contains { $0.convolution?.kernel.dimensions.dropFirst() == [5, 7, 7] }
  }

  /// What the value of vertex `index` passes on its way to whatever reads it first.
  func passages(behind index: Int) -> [Passage] {
    (vertices.flatMap(\.edges) + outputs.map(\.edge)).first { $0.source == index }?.passages ?? []
  }

  /// Where `value` comes from; nil for constants and for what only depends on shapes.
  subscript(value: String) -> Edge? { traces[value] }

  /// Adds a vertex that makes `value`.
  mutating func add(
    _ kind: Kind, _ name: String, reading edges: [Edge], makes value: String,
    convolution: WiredConvolution? = nil
  ) {
    vertices.append(Vertex(kind: kind, name: name, edges: edges, convolution: convolution))
    traces[value] = Edge(source: vertices.count - 1, passages: [])
  }

  /// Lets `value` be `edge` after it passed `passage`.
  mutating func pass(_ edge: Edge, _ passage: Passage? = nil, makes value: String) {
    traces[value] = Edge(
      source: edge.source, passages: edge.passages + (passage.map { [$0] } ?? []))
  }

  /// Adds a sum; a sum that is read by this one alone becomes part of it.
  mutating func addSum(_ name: String, of values: [String], makes value: String) {
    var edges: [Edge] = []
    for term in values {
      guard let edge = traces[term] else { continue }
      let inner = vertices[edge.source]
      if inner.kind == .sum, edge.passages.isEmpty, readers[term] == 1 {
        edges += inner.edges
        vertices[edge.source].edges = []
      } else {
        edges.append(edge)
      }
    }
    add(.sum, name, reading: edges, makes: value)
  }

  /// Adds a mixture of `edges`, as a part of the first mixture that it reads, if any.
  mutating func addMixture(_ name: String, of edges: [Edge], makes values: [String]) {
    guard let first = edges.first(where: { vertices[$0.source].kind == .mixture }) else {
      vertices.append(Vertex(kind: .mixture, name: name, edges: edges, convolution: nil))
      for value in values { traces[value] = Edge(source: vertices.count - 1, passages: []) }
      return
    }
    for edge in edges where edge.source != first.source {
      if vertices[edge.source].kind == .mixture {
        vertices[first.source].edges += vertices[edge.source].edges
        redirect(edge.source, to: first.source)
      } else {
        vertices[first.source].edges.append(edge)
      }
    }
    for value in values { traces[value] = Edge(source: first.source, passages: []) }
  }

  /// Hands out `value` as `name`.
  mutating func output(_ name: String, _ value: String) {
    if let edge = traces[value] { outputs.append((name, edge)) }
  }

  /// Lets everything that reads vertex `old` read `new`; `old` stays, alone.
  private mutating func redirect(_ old: Int, to new: Int) {
    vertices[old].edges = []
    func moved(_ edge: Edge) -> Edge {
      edge.source == old ? Edge(source: new, passages: edge.passages) : edge
    }
    for index in vertices.indices { vertices[index].edges = vertices[index].edges.map(moved) }
    traces = traces.mapValues(moved)
  }
}

extension Wiring.Passage {
  /// Whether a constant is added.
  var isShift: Bool { if case .shift = self { true } else { false } }

  /// Whether the value is multiplied by a constant.
  var isScale: Bool { if case .scale = self { true } else { false } }

  /// Whether zeros are put around the image.
  var isPadding: Bool { if case .padding = self { true } else { false } }
}
