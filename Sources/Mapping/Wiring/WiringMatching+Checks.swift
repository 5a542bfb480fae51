import STMModel
import Tensors

extension WiringMatching {
  /// What is different between a convolution of an export and `layer`, as sentences.
  func geometryProblems(
    of vertex: Wiring.Vertex, _ layer: Wiring.Vertex, in file: File
  ) -> [String] {
    guard let expected = layer.convolution, let convolution = vertex.convolution else { return [] }
    let name = "\(file.label): \(vertex.name) (\(layer.name))"
    var problems: [String] = []
    func compare(_ what: String, _ expected: [Int], _ found: [Int]?) {
      if let found, found == expected { return }
      problems.append(
        "\(name): \(what): expected \(expected), found "
          + (found.map { "\($0)" } ?? "one that depends on the image"))
    }
    compare("strides", expected.strides, convolution.strides)
    compare("dilations", expected.dilations, convolution.dilations)
    compare("groups", [expected.groups], [convolution.groups])
    var padding = convolution.padding
    for case .padding(let sides) in vertex.edges.flatMap(\.passages) {
      padding = padding.flatMap { inner in
        sides.map { outer in zip(inner, outer).map { $0 + $1 } }
      }
    }
    compare("padding", expected.padding ?? [], padding)
    return problems
  }

  /// Where matched layers are connected otherwise than in the network: an activation that is not
  /// there or too much, a batch norm or a constant in a place of its own.
  func edgeProblems(_ alignment: Alignment) -> [String] {
    var problems: [String] = []
    let vertices = network.wiring.vertices
    for (position, file) in files.enumerated() {
      for (index, vertex) in file.wiring.vertices.enumerated() {
        guard vertex.kind != .input, vertex.kind != .mixture,
          let target = alignment.match(file: position, index)
        else { continue }
        for edge in vertex.edges {
          let kind = file.wiring.vertices[edge.source].kind
          guard kind != .input, kind != .mixture,
            let source = alignment.match(file: position, edge.source),
            let expected = vertices[target].edges.first(where: { $0.source == source })
          else { continue }
          let place =
            "\(file.label): between '\(vertices[source].name)' and "
            + "'\(vertices[target].name)'"
          let isSkip =
            vertices[target].kind == .sum && vertices[target].name.hasPrefix("Decoder.")
            && vertices[source].kind != .upsample && !vertices[source].name.hasSuffix(".conv2")
          let (wanted, found) = (
            expected.passages.contains(.relu), edge.passages.contains(.relu)
          )
          if wanted != found, !isSkip {
            problems.append(
              "\(place): expected \(wanted ? "a ReLU, found none" : "no ReLU, found one")")
          }
          guard network.wiring.batchNorms[source] == nil else { continue }
          for case let name? in edge.passages.map(Self.unexpectedName) {
            problems.append("\(place): expected nothing, found \(name)")
          }
        }
      }
    }
    return problems
  }

  /// Where keys and values pass anything on their way out of a graph or into the memory, and where
  /// a frame passes something unknown on its way into an encoder.
  func outputProblems(_ alignment: Alignment) -> [String] {
    var problems: [String] = []
    let vertices = network.wiring.vertices
    for (position, file) in files.enumerated() {
      let readings =
        file.wiring.vertices.filter { $0.kind == .mixture }.flatMap(\.edges)
        .map { ("the memory", $0) }
        + file.wiring.outputs.map { ("output '\($0.name)'", $0.edge) }
      for (reader, edge) in readings {
        guard file.wiring.vertices[edge.source].kind == .convolution,
          let source = alignment.match(file: position, edge.source),
          vertices[source].name.hasPrefix("KV_")
        else { continue }
        if edge.passages.contains(.relu) {
          problems.append(
            "\(file.label): between '\(vertices[source].name)' and \(reader): expected no ReLU, "
              + "found one")
        }
      }
      for (index, vertex) in file.wiring.vertices.enumerated() where vertex.kind == .convolution {
        guard let target = alignment.match(file: position, index),
          ["Encoder_M.conv1", "Encoder_Q.conv1"].contains(vertices[target].name),
          vertices[target].convolution?.kernel[1] == 3, let edge = vertex.edges.first,
          file.wiring.vertices[edge.source].kind == .mixture
        else { continue }
        problems.append(
          "\(file.label): \(vertex.name) (\(vertices[target].name)): expected the frame, found "
            + "what \(file.wiring.vertices[edge.source].name) makes")
      }
    }
    return problems
  }

  /// What a passage does where the network does nothing; nil for what is checked elsewhere.
  private static func unexpectedName(_ passage: Wiring.Passage) -> String? {
    switch passage {
    case .batchNorm(let norm): norm.name
    case .shift(let constant, _): "the constant '\(constant)' added"
    case .scale(let constant, _): "a product with the constant '\(constant)'"
    case .relu, .padding: nil
    }
  }

  /// Files in which convolutions have another place than in the network, whatever their names.
  func misplaced(_ alignment: Alignment) -> [String] {
    files.enumerated().compactMap { position, file in
      let convolutions = file.wiring.vertices.indices.filter {
        file.wiring.vertices[$0].kind == .convolution
      }
      let count = convolutions.count { alignment.candidates[position][$0].isEmpty }
      return count == 0
        ? nil
        : "\(file.label): \(count) of \(convolutions.count) convolutions have another place in the "
          + "graph than in the network, or other inputs"
    }
  }

  /// What the residual blocks of the decoder add to their result: the value that they are given,
  /// or what a ReLU in place made of it.
  mutating func commonResidual(_ alignment: Alignment) -> ResidualSkip? {
    var found: Set<ResidualSkip> = []
    for (position, file) in files.enumerated() {
      for (index, vertex) in file.wiring.vertices.enumerated() where vertex.kind == .sum {
        guard let target = alignment.match(file: position, index),
          network.wiring.vertices[target].name.hasPrefix("Decoder.")
        else { continue }
        for edge in vertex.edges {
          guard let source = alignment.match(file: position, edge.source) else { continue }
          let layer = network.wiring.vertices[source]
          if layer.kind == .upsample || layer.name.hasSuffix(".conv2") { continue }
          found.insert(edge.passages.contains(.relu) ? .rectified : .raw)
        }
      }
    }
    if found.count > 1 {
      contradictions.append(
        "residual blocks: expected all to add the same value, found raw and rectified ones")
    }
    return found.count == 1 ? found.first : nil
  }
}
