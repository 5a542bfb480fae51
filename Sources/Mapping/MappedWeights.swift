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
    let export = try NamedExport(of: sources, options: options)
    let wiring = export.wiring(into: options.into)
    var claims = export.claims
    if let wiring {
      claims = claims.filter { !wiring.replaced.contains($0.parameter) || $0.evidence.isRule }
      claims += wiring.claims
    }
    if options.channels == .bgr { claims = claims.map { $0.reversingColours(export.names) } }

    var final = export.configuration
    final.residual = options.residual ?? wiring?.residual ?? .raw
    network = STMNetwork(final)

    var builder = AuditBuilder(
      export.tensors, network: network, names: export.names, options: options,
      unreadable: export.unreadable)
    let unique = builder.unique(claims)
    let settlement = Settlement(unique, of: network, wiring: wiring, policy: options.fold)
    builder.finish(settlement, wiring: wiring, named: export.named)
    audit = builder.audit
    weights = try TensorArchive(builder.entries)
  }
}
