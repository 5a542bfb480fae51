import STMModel
import Tensors
import WeightFiles

/// What names and kernels tell of an export, before its graphs are compared with the network.
struct NamedExport {
  /// All tensors of all files.
  let tensors: SourceTensors
  /// Tensors that cannot be read and need not be, with reasons.
  let unreadable: [(file: Int, tensor: String, reason: String)]
  /// The files that have a graph.
  let files: [WiringMatching.File]
  /// The widths and depths that names and kernels show.
  let configuration: STMConfiguration
  /// The network of these.
  let network: STMNetwork
  /// The names that its tensors can have.
  let names: NetworkNames
  /// What rules and names say that tensors are.
  let claims: [Claim]
  /// How names were matched; nil where they do not count.
  let named: NameMatching?

  /// Reads what `sources` say by themselves; nil infers the network's configuration from them.
  ///
  /// Throws ``MappingError`` where nothing can be made of the export at all, or what reading a
  /// tensor throws.
  init(
    of sources: [WeightSource], as known: STMConfiguration? = nil, options: MappingOptions
  ) throws {
    let tensors = SourceTensors(sources, options: options)
    try tensors.checkPrecisions()
    unreadable = try tensors.unreadable()
    files = try tensors.files()
    let renamed = tensors.ruled.open.map(RenamedTensor.init)
    configuration =
      try known ?? tensors.configuration(of: renamed, files: files, options: options)
    network = STMNetwork(configuration)
    names = NetworkNames(network)
    var claims = tensors.ruled.claims
    if options.match != .topology {
      let leftOut = renamed.filter {
        tensors.leftoverReason($0.tensor.entry.name, renamed: $0.name) != nil
      }
      let matching = NameMatching(
        renamed, names: names, into: options.into, leftOut: Set(leftOut.map(\.tensor.id)))
      claims += matching.claims
      named = matching
    } else {
      named = nil
    }
    self.tensors = tensors
    self.claims = claims
  }

  /// The parameters that tensors are, as far as names say it.
  var claimed: [SourceTensor.ID: String] {
    var claimed: [SourceTensor.ID: String] = [:]
    for claim in claims { for source in claim.sources { claimed[source.id] = claim.parameter } }
    return claimed
  }

  /// What the graphs say, where there are any; nil without graphs, or when names alone count.
  func wiring(into encoders: [String]) -> WiringMatching? {
    guard !files.isEmpty else { return nil }
    guard encoders.isEmpty else {
      return WiringMatching(backbone: files, of: network, names: names, claims: claims)
    }
    return WiringMatching(files, to: network, names: names, claimed: claimed)
  }
}
