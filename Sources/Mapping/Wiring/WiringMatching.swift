import STMModel
import Tensors

/// Matches tensors by the place of the layers that read them, and checks those layers.
struct WiringMatching {
  /// What the wiring tells of tensors that nothing else told.
  private(set) var claims: [Claim] = []
  /// Layers that the wiring does not tell apart.
  private(set) var ambiguities: [Ambiguity] = []
  /// What the graphs do that the network does not, as sentences.
  var contradictions: [String] = []
  /// The epsilon of each batch norm that a graph holds, by canonical layer.
  private(set) var epsilons: [String: Double] = [:]
  /// Scales and shifts that stand in a batch norm's place, by the canonical layer before it.
  private(set) var affines: [String: [(passage: Wiring.Passage, tensor: SourceTensor)]] = [:]
  /// The parameters of a frame's normalization that a graph leaves out beside others that it has,
  /// and the number that stands for leaving it out.
  private(set) var leftOut: [String: Float] = [:]
  /// Which value residual blocks add, where the graphs agree.
  private(set) var residual: ResidualSkip?
  /// Parameters that a graph computes; tensors with their names are only parts of them.
  private(set) var replaced: Set<String> = []
  let network: NetworkWiring
  let files: [File]
  private let names: NetworkNames
  private let owners: [String: SourceTensor.ID]

  /// The wiring of one source file.
  struct File {
    let index: Int
    /// What audits call it.
    let label: String
    let wiring: Wiring
    /// The tensors by the name that the wiring has for them.
    let tensors: [String: SourceTensor]
    /// The roles of inputs that the user gave.
    let roles: [String: String]

    /// The kernels of the convolutions.
    var kernels: [SourceTensor] {
      wiring.vertices.compactMap { $0.convolution.flatMap { tensors[$0.weight] } }
    }
  }

  /// Aligns `files` with `network`, where `claimed` says what parameter a tensor is already.
  init(
    _ files: [File], to network: STMNetwork, names: NetworkNames,
    claimed: [SourceTensor.ID: String]
  ) {
    self.files = files
    self.names = names
    owners = Dictionary(claimed.map { ($0.value, $0.key) }) { first, _ in first }
    let wiring = NetworkWiring(
      network, mergesStem: files.contains { $0.wiring.mergesStem })
    self.network = wiring
    let alignment = Self.alignment(of: files, to: wiring, claimed: claimed)
    for (position, file) in files.enumerated() {
      for index in file.wiring.vertices.indices {
        match(index, of: file, position: position, in: alignment, claimed: claimed)
      }
    }
    residual = commonResidual(alignment)
    contradictions += edgeProblems(alignment) + outputProblems(alignment) + misplaced(alignment)
  }

  /// Checks the layers of a backbone, whose tensors are `claims` by name.
  init(
    backbone files: [File], of network: STMNetwork, names: NetworkNames, claims: [Claim]
  ) {
    self.files = files
    self.names = names
    owners = [:]
    self.network = NetworkWiring(network, mergesStem: false)
    let parameters = Dictionary(grouping: claims) { $0.sources[0].id }
    func claimed(by constant: String?, in file: File) -> [String] {
      let tensor = constant.flatMap { file.tensors[$0] }
      return tensor.flatMap { parameters[$0.id] }?.map(\.parameter) ?? []
    }
    for file in files {
      for vertex in file.wiring.vertices {
        let kernel = claimed(by: vertex.convolution?.weight, in: file).first
        let layer = self.network.wiring.vertices.first { "\($0.name).weight" == kernel }
        if let layer { contradictions += geometryProblems(of: vertex, layer, in: file) }
      }
      for norm in file.wiring.batchNorms.values {
        for parameter in claimed(by: norm.constants.first ?? nil, in: file) {
          epsilons[parameter.replacing(".weight", with: "")] = norm.epsilon
        }
      }
    }
  }

  /// Aligns `files` with `network`, where `claimed` says what parameter a tensor is already.
  static func alignment(
    of files: [File], to network: NetworkWiring, claimed: [SourceTensor.ID: String]
  ) -> Alignment {
    let exports = files.map { file in
      Alignment.Export(
        wiring: file.wiring, known: known(file, in: network, claimed: claimed))
    }
    return Alignment(exports, to: network)
  }

  /// The vertices that names settle: inputs by role, convolutions by their kernels.
  private static func known(
    _ file: File, in network: NetworkWiring, claimed: [SourceTensor.ID: String]
  ) -> [Int: Set<Int>] {
    let vertices = network.wiring.vertices
    var known: [Int: Set<Int>] = [:]
    for output in file.wiring.outputs where output.edge.passages.isEmpty {
      let boundary = network.boundaries.filter { $0.names.contains(output.name.lowercased()) }
      if file.wiring.vertices[output.edge.source].kind == .convolution, !boundary.isEmpty {
        known[output.edge.source] = Set(boundary.map(\.vertex))
      }
    }
    let inputs = file.wiring.vertices.filter { $0.kind == .input }.map(\.name)
    let roles = Dictionary(grouping: inputs) { file.roles[$0] ?? InputRole.of($0) ?? "" }
    let weights = file.wiring.vertices.compactMap { $0.convolution?.weight }
    let readers = Dictionary(grouping: weights) { $0 }.mapValues(\.count)
    for (index, vertex) in file.wiring.vertices.enumerated() {
      if vertex.kind == .input, let role = file.roles[vertex.name] ?? InputRole.of(vertex.name),
        file.roles[vertex.name] != nil || roles[role]?.count == 1 || role == "frame"
      {
        let inputs = vertices.indices.filter {
          vertices[$0].kind == .input && vertices[$0].name == role
        }
        known[index] = Set(
          inputs + network.boundaries.filter { $0.names.contains(role) }.map(\.vertex))
      }
      guard let weight = vertex.convolution?.weight, readers[weight] == 1 else { continue }
      let kernel = file.tensors[weight]
      for parameter in (kernel?.stored ?? []).compactMap({ claimed[$0.id] }) {
        let layer = parameter.replacing(".weight", with: "")
        let found = vertices.indices.filter {
          vertices[$0].kind == .convolution && vertices[$0].name == layer
        }
        if !found.isEmpty { known[index] = Set(found) }
      }
    }
    return known
  }

  private mutating func match(
    _ index: Int, of file: File, position: Int, in alignment: Alignment,
    claimed: [SourceTensor.ID: String]
  ) {
    let vertex = file.wiring.vertices[index]
    guard vertex.kind == .convolution || vertex.kind == .sum else { return }
    let left = alignment.candidates[position][index]
    let kernel = vertex.convolution.flatMap { file.tensors[$0.weight] }
    guard let target = left.first, left.count == 1 else {
      guard let kernel, claimed[kernel.id] == nil else { return }
      let place = "\(file.label): \(vertex.name) (\(kernel.entry.name), \(kernel.shape))"
      if left.isEmpty {
        contradictions.append("\(place) has no counterpart in the network")
      } else {
        ambiguities.append(
          Ambiguity(
            tensors: [kernel.id], found: place + sources(of: vertex, in: file),
            candidates: left.map { network.wiring.vertices[$0].name }.sorted()))
      }
      return
    }
    let evidence = Evidence.topology(
      node: vertex.name, source: source(of: vertex, in: file, position, alignment))
    let layer = network.wiring.vertices[target]
    if let convolution = vertex.convolution {
      claim(convolution, of: layer, in: file, vertex, evidence, claimed: claimed)
      replace(convolution, behind: index, target: target, in: file)
    }
    claimNorm(behind: index, target: target, in: file, claimed: claimed)
    if layer.name.hasSuffix("conv1"), !layer.name.contains("res") {
      claimNormalization(before: vertex, of: layer, in: file, claimed: claimed)
    }
  }

  private mutating func claim(
    _ convolution: WiredConvolution, of layer: Wiring.Vertex, in file: File,
    _ vertex: Wiring.Vertex, _ evidence: Evidence, claimed: [SourceTensor.ID: String]
  ) {
    if let tensor = file.tensors[convolution.weight] {
      contradictions += geometryProblems(of: vertex, layer, in: file)
      if tensor.hasMergedStem {
        claimStem(tensor, of: layer, in: file, vertex, evidence)
      } else if isNew(tensor, as: "\(layer.name).weight", in: file, claimed: claimed) {
        claims += Claim.claims("\(layer.name).weight", tensor, evidence, names: names)
      }
    }
    if let bias = convolution.bias.flatMap({ file.tensors[$0] }),
      isNew(bias, as: "\(layer.name).bias", in: file, claimed: claimed)
    {
      claims.append(Claim("\(layer.name).bias", bias, evidence))
    }
  }

  /// Whether the graph tells of `tensor` what no name told: that it is `parameter`.
  ///
  /// A tensor may be several parameters with equal values. Where its name says something else and
  /// another tensor has the parameter's name, one of the two is wrong.
  private mutating func isNew(
    _ tensor: SourceTensor, as parameter: String, in file: File,
    claimed: [SourceTensor.ID: String]
  ) -> Bool {
    guard let known = claimed[tensor.id], known != parameter else {
      return claimed[tensor.id] == nil
    }
    guard let owner = owners[parameter] else { return true }
    if owner != tensor.id, owner.file == tensor.file {
      contradictions.append(
        "\(file.label): tensor '\(tensor.entry.name)': its name says '\(known)', but the graph "
          + "uses it as '\(parameter)'")
    }
    return false
  }

  /// Claims a kernel for frame, mask and others at once, in the order in which the graph puts them
  /// together.
  private mutating func claimStem(
    _ tensor: SourceTensor, of layer: Wiring.Vertex, in file: File, _ vertex: Wiring.Vertex,
    _ evidence: Evidence
  ) {
    let vertices = file.wiring.vertices
    let source = vertex.edges.first.map { vertices[$0.source] }
    guard source?.kind == .mixture else { return claimOrdered(["frame", "mask", "others"]) }
    let roles = (source?.edges ?? []).map { edge -> String? in
      let input = vertices[edge.source]
      return file.roles[input.name] ?? InputRole.of(input.name)
    }
    guard Set(roles) == ["frame", "mask", "others"], roles.count == 3 else {
      ambiguities.append(
        Ambiguity(
          tensors: [tensor.id],
          found:
            "\(file.label): \(vertex.name) (\(tensor.entry.name), \(tensor.shape)), whose five "
            + "channels are inputs without a role (--bind INPUT=ROLE)",
          candidates: ["conv1, conv1_m and conv1_o in any order"]))
      return
    }
    claimOrdered(roles.compactMap { $0 })

    func claimOrdered(_ roles: [String]) {
      let layers = ["frame": "conv1", "mask": "conv1_m", "others": "conv1_o"]
      replaced.formUnion(layers.values.map { "Encoder_M.\($0).weight" })
      claims += Claim.claims(
        "\(layer.name).weight", tensor, evidence, names: names,
        channels: roles.compactMap { layers[$0] })
    }
  }

  /// Notes what the graph computes of a convolution and of the batch norm that is part of it.
  private mutating func replace(
    _ convolution: WiredConvolution, behind index: Int, target: Int, in file: File
  ) {
    let layer = network.wiring.vertices[target].name
    let fields = [("weight", convolution.weight), ("bias", convolution.bias)].filter { _, name in
      name.flatMap { file.tensors[$0]?.derivation } != nil
    }
    replaced.formUnion(fields.map { "\(layer).\($0.0)" })
    if !fields.isEmpty, file.wiring.batchNorms[index] == nil,
      let norm = network.wiring.batchNorms[target]
    {
      replaced.formUnion(Self.normFields.map { "\(norm.name).\($0)" })
    }
  }

  private static let normFields = ["weight", "bias", "running_mean", "running_var"]

  /// Reads the batch norm that stands behind vertex `index`, or what stands in its place.
  private mutating func claimNorm(
    behind index: Int, target: Int, in file: File, claimed: [SourceTensor.ID: String]
  ) {
    guard let norm = network.wiring.batchNorms[target] else { return }
    let passages = file.wiring.passages(behind: index).prefix { $0 != .relu }
    if let found = file.wiring.batchNorms[index] {
      epsilons[norm.name] = found.epsilon
      claimBiasAndCheck(passages, around: found, behind: target, in: file, claimed: claimed)
      for (field, constant) in zip(Self.normFields, found.constants) {
        guard let tensor = constant.flatMap({ file.tensors[$0] }),
          isNew(tensor, as: "\(norm.name).\(field)", in: file, claimed: claimed)
        else { continue }
        claims.append(
          Claim(
            "\(norm.name).\(field)", tensor,
            .topology(node: found.name, source: network.wiring.vertices[target].name)))
      }
      return
    }
    affines[norm.name] = passages.compactMap { passage in
      switch passage {
      case .shift(let constant, _), .scale(let constant, _):
        file.tensors[constant].map { (passage, $0) }
      case .batchNorm, .relu, .padding: nil
      }
    }
  }
}

extension WiringMatching {
  /// Takes a constant that is added before a batch norm for the convolution's bias; anything else
  /// beside the batch norm contradicts the network.
  private mutating func claimBiasAndCheck(
    _ passages: ArraySlice<Wiring.Passage>, around norm: WiredBatchNorm, behind target: Int,
    in file: File, claimed: [SourceTensor.ID: String]
  ) {
    let layer = network.wiring.vertices[target]
    if !passages.contains(.batchNorm(norm)) {
      contradictions.append(
        "\(file.label): \(norm.name) behind '\(layer.name)': expected the ReLU after the batch norm, "
          + "found it before")
    }
    for (position, passage) in passages.enumerated() where passage != .batchNorm(norm) {
      if case .shift(let constant, false) = passage, position == 0, layer.kind == .convolution,
        let tensor = file.tensors[constant]
      {
        if isNew(tensor, as: "\(layer.name).bias", in: file, claimed: claimed) {
          let channels = layer.convolution.map { Shape([$0.kernel[0]]) }
          claims.append(
            Claim(
              "\(layer.name).bias", tensor, .topology(node: norm.name, source: layer.name),
              transforms: channels.map { [.reshape($0)] } ?? []))
        }
        continue
      }
      contradictions.append(
        "\(file.label): \(norm.name) behind '\(layer.name)': expected the batch norm alone, found "
          + "other arithmetic beside it")
    }
  }

  /// Reads the constants that normalize the frame before the first convolution of an encoder.
  private mutating func claimNormalization(
    before vertex: Wiring.Vertex, of layer: Wiring.Vertex, in file: File,
    claimed: [SourceTensor.ID: String]
  ) {
    let encoder = layer.name.replacing(".conv1", with: "")
    let vertices = file.wiring.vertices
    let edges = vertex.edges.flatMap { edge in
      vertices[edge.source].kind == .mixture ? vertices[edge.source].edges : [edge]
    }
    let passages = edges.flatMap(\.passages)
    if passages.contains(where: \.isShift), !passages.contains(where: \.isScale) {
      leftOut["\(encoder).std"] = 1
    }
    var hasShift = false
    for passage in passages {
      let (field, constant, transforms): (String, String, [Transform])
      switch passage {
      case .shift(let name, let isNegative):
        (field, constant, transforms) = ("mean", name, isNegative ? [] : [.negative])
        hasShift = true
      case .scale(let name, let isReciprocal):
        (field, constant, transforms) = ("std", name, isReciprocal ? [] : [.reciprocal])
        if !hasShift {
          contradictions.append(
            "\(file.label): \(vertex.name): expected the frame's mean to be subtracted before it is "
              + "scaled, found '\(name)' first")
        }
      case .batchNorm, .relu, .padding: continue
      }
      guard let tensor = file.tensors[constant], let shape = names.shapes["\(encoder).\(field)"]
      else { continue }
      guard shape.elementCount == tensor.shape.elementCount else {
        contradictions.append(
          "\(file.label): \(vertex.name): expected a \(field) of \(shape.elementCount) numbers for "
            + "the frame, found '\(constant)' \(tensor.shape)")
        continue
      }
      guard isNew(tensor, as: "\(encoder).\(field)", in: file, claimed: claimed) else { continue }
      let reshape: [Transform] = tensor.shape == shape ? [] : [.reshape(shape)]
      claims.append(
        Claim(
          "\(encoder).\(field)", tensor, .topology(node: vertex.name, source: "input frame"),
          transforms: reshape + transforms))
    }
  }

  /// The nearest thing that `vertex` reads: an input, or a layer by its canonical name.
  private func source(
    of vertex: Wiring.Vertex, in file: File, _ position: Int, _ alignment: Alignment
  ) -> String {
    guard let edge = vertex.edges.first else { return "nothing" }
    let source = file.wiring.vertices[edge.source]
    if source.kind == .input { return "input \(source.name)" }
    guard let target = alignment.match(file: position, edge.source) else { return source.name }
    return network.wiring.vertices[target].name
  }

  private func sources(of vertex: Wiring.Vertex, in file: File) -> String {
    let inputs = vertex.edges.map { file.wiring.vertices[$0.source] }.filter { $0.kind == .input }
    return inputs.isEmpty ? "" : " <- input " + inputs.map(\.name).joined(separator: ", ")
  }
}
