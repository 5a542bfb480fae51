import Networks
import STMModel
import Tensors

/// Decides for every layer in which form it is written, and makes the tensors.
///
/// A batch norm may arrive with its own parameters, with a convolution that has a bias beside it,
/// folded into the convolution, or as a constant scale and shift.
struct Settlement {
  /// What was decided about a batch norm and the convolutions before it.
  private struct Site {
    let norm: String
    let normalization: BatchNormalization
    /// The convolutions that it follows; the first takes the shift.
    var convolutions: [String]
  }

  /// The batch norms that are part of the convolutions before them.
  private(set) var folded: Set<String> = []
  /// What the policy forbids, as sentences.
  private(set) var refusals: [String] = []

  private let claims: [String: Claim]
  private let wiring: WiringMatching?
  private let policy: FoldPolicy
  private var made: [String: SettledParameter] = [:]

  /// Settles `claims`, of which there is one for each parameter that the export holds.
  init(
    _ claims: [String: Claim], of network: STMNetwork, wiring: WiringMatching?, policy: FoldPolicy
  ) {
    self.claims = claims
    self.wiring = wiring
    self.policy = policy
    for site in Self.sites(of: network) { settle(site) }
  }

  /// The parameter `name` as the export gives it, if it does.
  subscript(name: String) -> SettledParameter? {
    made[name] ?? claims[name].map(SettledParameter.init)
  }

  /// The kernel that a batch norm is folded into for `parameter`; nil where none is.
  func unfolded(_ parameter: Parameter) -> SettledParameter? {
    guard made[parameter.name] != nil, parameter.shape.rank == 4 else { return nil }
    return claims[parameter.name].map(SettledParameter.init)
  }

  /// The counters of batch norms that are folded, which a model does without, and why.
  var superfluous: [SourceTensor.ID: String] {
    var reasons: [SourceTensor.ID: String] = [:]
    for norm in folded {
      for source in claims["\(norm).num_batches_tracked"]?.sources ?? [] {
        reasons[source.id] = "the counter of '\(norm)', which is folded"
      }
    }
    return reasons
  }

  private static func sites(of network: STMNetwork) -> [Site] {
    var sites: [Site] = []
    for step in network.graphs.flatMap({ Program(deploying: $0).steps }) {
      guard let norm = step.batchNorm else { continue }
      if let index = sites.firstIndex(where: { $0.norm == norm.layer }) {
        sites[index].convolutions.insert(
          contentsOf: step.layers, at: norm.providesShift ? 0 : sites[index].convolutions.count)
      } else {
        sites.append(
          Site(
            norm: norm.layer, normalization: norm.normalization, convolutions: step.layers))
      }
    }
    return sites
  }

  private mutating func settle(_ site: Site) {
    let fields = Self.fields.compactMap { claims["\(site.norm).\($0)"] }
    let biases = site.convolutions.compactMap { claims["\($0).bias"] }
    let epsilon = wiring?.epsilons[site.norm] ?? site.normalization.epsilon
    let affine = wiring?.affines[site.norm] ?? []
    if fields.isEmpty {
      if affine.isEmpty, biases.count == 1, claims["\(site.convolutions[0]).bias"] != nil {
        folded.insert(site.norm)
        made["\(site.convolutions[0]).bias"] = SettledParameter(biases[0])
        return
      }
      let counts = Set(affine.map(\.tensor.shape.elementCount))
      guard !affine.isEmpty || !biases.isEmpty, fit(biases, site),
        counts.isSubset(of: [1, site.normalization.channels])
      else { return }
      folded.insert(site.norm)
      fold(site, .affine(affine), named: "scale and shift")
      return
    }
    if !affine.isEmpty {
      refusals.append(
        "layer '\(site.norm)': expected a batch norm, found its parameters and, in the graph, "
          + "other constants in its place")
    }
    guard fields.count == Self.fields.count, fit(fields + biases, site) else { return }
    let isForeign = Float(epsilon) != Float(site.normalization.epsilon)
    if isForeign && policy == .never {
      refusals.append(
        "layer '\(site.norm)': expected epsilon \(site.normalization.epsilon), found "
          + "\(Float(epsilon)); only folding can express it")
    }
    if policy == .always || (policy == .auto && isForeign) {
      folded.insert(site.norm)
      fold(site, .batchNorm(fields, epsilon: epsilon), named: site.norm)
    } else if !biases.isEmpty {
      absorb(biases, of: site)
    }
  }

  /// Whether each of `claims` has one number for every channel; what becomes of the others is told
  /// where they are missed.
  private func fit(_ claims: [Claim], _ site: Site) -> Bool {
    claims.allSatisfy { $0.shape == [site.normalization.channels] }
  }

  private static let fields = ["weight", "bias", "running_mean", "running_var"]

  /// Takes the biases of the convolutions from the running mean.
  private mutating func absorb(_ biases: [Claim], of site: Site) {
    let name = "\(site.norm).running_mean"
    guard let mean = claims[name] else { return }
    let label = biases.map { $0.sources[0].entry.name }.joined(separator: ", ")
    made[name] = SettledParameter(
      mean, adding: biases.flatMap(\.sources), transform: .absorbBias(label)
    ) {
      var values = try mean.floats()
      let offsets = try biases.map { try $0.floats().values }
      for channel in values.values.indices {
        let sum = offsets.map { Double($0[channel]) }.reduce(0, +)
        values.values[channel] = Float(Double(values.values[channel]) - sum)
      }
      return values
    }
  }

  /// What is multiplied into convolutions.
  private enum Factor: Sendable {
    case batchNorm([Claim], epsilon: Double)
    case affine([(passage: Wiring.Passage, tensor: SourceTensor)])

    var sources: [SourceTensor] {
      switch self {
      case .batchNorm(let claims, _): claims.flatMap(\.sources)
      case .affine(let steps): steps.map(\.tensor)
      }
    }

    func folding(channels: Int) throws -> BatchNormFolding {
      switch self {
      case .batchNorm(let fields, let epsilon):
        let values = try fields.map { try $0.floats().values }
        return BatchNormFolding(
          weight: values[0], bias: values[1], mean: values[2], variance: values[3],
          epsilon: epsilon)
      case .affine(let steps):
        var scale = [Double](repeating: 1, count: channels)
        var shift = [Double](repeating: 0, count: channels)
        for (passage, tensor) in steps {
          let values = try tensor.entry.floats().values.map(Double.init)
          for channel in 0..<channels {
            let value = values[values.count == 1 ? 0 : channel]
            switch passage {
            case .scale(_, let isReciprocal):
              let factor = isReciprocal ? 1 / value : value
              scale[channel] *= factor
              shift[channel] *= factor
            case .shift(_, let isNegative): shift[channel] += isNegative ? -value : value
            case .batchNorm, .relu, .padding: break
            }
          }
        }
        return BatchNormFolding(scale: scale, shift: shift)
      }
    }
  }

  private mutating func fold(_ site: Site, _ factor: Factor, named name: String) {
    let channels = site.normalization.channels
    let biases = site.convolutions.compactMap { claims["\($0).bias"] }
    for layer in site.convolutions {
      guard let kernel = claims["\(layer).weight"] else { continue }
      made["\(layer).weight"] = SettledParameter(
        kernel, adding: factor.sources, transform: .fold(name)
      ) { try factor.folding(channels: channels).folded(weight: try kernel.floats()) }
    }
    let layer = site.convolutions[0]
    guard let kernel = claims["\(layer).weight"] else { return }
    let evidence = biases.first ?? kernel
    made["\(layer).bias"] = SettledParameter(
      name: "\(layer).bias", shape: [channels],
      sources: biases.flatMap(\.sources) + factor.sources, transforms: [.fold(name)],
      evidence: evidence.evidence
    ) {
      var sum = [Double](repeating: 0, count: channels)
      for bias in try biases.map({ try $0.floats().values }) {
        for channel in sum.indices { sum[channel] += Double(bias[channel]) }
      }
      let folding = try factor.folding(channels: channels)
      let values = folding.folded(bias: sum, addsShift: true)
      return FloatTensor(shape: Shape([channels]), values: values)
    }
  }
}
