/// The nodes of a graph in an order in which they can run, with names of their own.
struct OnnxGraph {
  /// Every node; each stands behind those whose values it reads.
  let nodes: [OnnxNode]

  private let path: String

  /// Names and orders `nodes`, which stand in the order of the file.
  ///
  /// A node without a name, and one whose name an earlier node has, gets its index:
  /// `Conv#17`, `name#17`. A file whose order is right keeps it; otherwise a node is preceded by
  /// those that it still waits for. Throws ``OnnxError/madeTwice(path:value:)``,
  /// ``OnnxError/unknownValue(path:value:reader:)`` or ``OnnxError/cycle(path:values:)``.
  init(
    _ nodes: [OnnxNode], given: Set<String>, outputs: [String], path: String
  ) throws(OnnxError) {
    let named = Self.named(nodes)
    var makers: [String: Int] = [:]
    for (index, node) in named.enumerated() {
      for output in node.outputs where !output.isEmpty {
        guard !given.contains(output), makers.updateValue(index, forKey: output) == nil else {
          throw .madeTwice(path: path, value: output)
        }
      }
    }
    for node in named {
      for input in node.inputs where !input.isEmpty {
        guard given.contains(input) || makers[input] != nil else {
          throw .unknownValue(path: path, value: input, reader: "node '\(node.name)'")
        }
      }
    }
    for output in outputs where !given.contains(output) && makers[output] == nil {
      throw .unknownValue(path: path, value: output, reader: "the graph's output")
    }
    self.path = path
    self.nodes = try Self.ordered(named, makers, path)
  }

  private static func named(_ nodes: [OnnxNode]) -> [OnnxNode] {
    var nodes = nodes
    var taken: Set<String> = []
    let nameless = nodes.indices.filter { index in
      nodes[index].name.isEmpty || !taken.insert(nodes[index].name).inserted
    }
    for index in nameless {
      if nodes[index].name.isEmpty { nodes[index].name = nodes[index].type }
      repeat {
        nodes[index].name += "#\(nodes[index].index)"
      } while !taken.insert(nodes[index].name).inserted
    }
    return nodes
  }

  /// Walks from every node, in the order of the file, to those that it waits for; the depth of
  /// the walk is in the heap, because a hostile file chooses it.
  private static func ordered(
    _ nodes: [OnnxNode], _ makers: [String: Int], _ path: String
  ) throws(OnnxError) -> [OnnxNode] {
    enum Progress { case waiting, walking, done }
    var progress = [Progress](repeating: .waiting, count: nodes.count)
    var order: [OnnxNode] = []
    order.reserveCapacity(nodes.count)
    for root in nodes.indices where progress[root] == .waiting {
      var walk = [(node: root, input: 0)]
      progress[root] = .walking
      while let (index, input) = walk.last {
        guard input < nodes[index].inputs.count else {
          walk.removeLast()
          progress[index] = .done
          order.append(nodes[index])
          continue
        }
        walk[walk.count - 1].input += 1
        guard let maker = makers[nodes[index].inputs[input]] else { continue }
        switch progress[maker] {
        case .done: break
        case .waiting:
          progress[maker] = .walking
          walk.append((maker, 0))
        case .walking:
          let circle = walk.drop { $0.node != maker }
          throw .cycle(path: path, values: circle.map { nodes[$0.node].inputs[$0.input - 1] })
        }
      }
    }
    return order
  }
}
