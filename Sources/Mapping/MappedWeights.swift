import Networks
public import STMModel
public import Tensors
public import WeightFiles

/// The tensors of an export under the network's names, with an account of every one.
public struct MappedWeights: Sendable {
  /// The network whose configuration the shapes show.
  public let network: STMNetwork
  /// What became of every tensor, and what does not fit.
  public let audit: MappingAudit
  /// The tensors of the model, in the network's order: binary32, and 64-bit counters.
  public let weights: TensorArchive

  /// Maps the tensors of `sources`, the files of one export.
  ///
  /// What does not fit is in the audit. Throws ``MappingError`` where nothing can be made of the
  /// export at all, or what reading a tensor throws.
  public init(of sources: [WeightSource], options: MappingOptions = MappingOptions()) throws {
    let tensors = SourceTensors(sources, options: options)
    let unreadable = try tensors.unreadable()
    let files = try tensors.files()
    let renamed = tensors.ruled.open.map(RenamedTensor.init)
    let configuration = try tensors.configuration(of: renamed, files: files, options: options)
    let draft = STMNetwork(configuration)
    let names = NetworkNames(draft)

    var claims = tensors.ruled.claims
    var named: NameMatching?
    if options.match != .topology {
      let leftOut = renamed.filter {
        tensors.leftoverReason($0.tensor.entry.name, renamed: $0.name) != nil
      }
      let matching = NameMatching(
        renamed, names: names, into: options.into, leftOut: Set(leftOut.map(\.tensor.id)))
      claims += matching.claims
      named = matching
    }
    let wiring = tensors.wiring(of: draft, names: names, claims: claims, files: files)
    if let wiring {
      claims = claims.filter { !wiring.replaced.contains($0.parameter) || $0.evidence.isRule }
      claims += wiring.claims
    }

    var final = configuration
    final.residual = options.residual ?? wiring?.residual ?? .raw
    network = STMNetwork(final)

    var builder = AuditBuilder(
      tensors, network: network, names: names, options: options, unreadable: unreadable)
    let unique = builder.unique(claims)
    let settlement = Settlement(unique, of: network, wiring: wiring, policy: options.fold)
    builder.finish(settlement, wiring: wiring, named: named)
    audit = builder.audit
    weights = try TensorArchive(builder.entries)
  }
}
