public import Networks
public import STMModel
public import Tensors

/// The tensors of an export under the network's names, with an account of what did not fit.
///
/// Names must be canonical already. Floating-point tensors become binary32; the counters of
/// training batches stay as they are and are never invented.
public struct MappedWeights: Sendable {
  /// The network whose configuration the shapes show.
  public let network: STMNetwork
  /// What fits and what does not, but for what was allowed.
  public let audit: ParameterAudit
  /// The tensors that fit, in the network's order.
  public let weights: TensorArchive

  /// Maps the tensors of `archives`, the files of one export.
  ///
  /// The audit leaves out missing parameters that a pattern in `allowedMissing` selects and
  /// unexpected tensors that one in `allowedUnexpected` selects. Throws ``MappingError`` or
  /// what reading a tensor throws.
  public init(
    of archives: [TensorArchive], allowedMissing: [NamePattern] = [],
    allowedUnexpected: [NamePattern] = []
  ) throws {
    func isAllowed(_ name: String) -> Bool { allowedUnexpected.contains { $0.matches(name) } }
    let unreadable = archives.flatMap(\.unreadable).filter { !isAllowed($0.key) }
    guard unreadable.isEmpty else {
      throw MappingError.unreadable(unreadable.map { "\($0.value)" }.sorted())
    }
    let (found, contradictions) = try Self.merged(archives)
    let network = STMNetwork(try Self.configuration(of: found))
    let names = Set(network.parameters.map(\.name))
    if let contradiction = contradictions.first(where: { names.contains($0.tensor) }) {
      throw contradiction.error
    }
    let kept = found.entries.filter { entry in
      names.contains(entry.name) || !isAllowed(entry.name)
    }
    let required = network.parameters.filter { parameter in
      found[parameter.name] != nil || !allowedMissing.contains { $0.matches(parameter.name) }
    }
    self.network = network
    audit = ParameterAudit(of: try TensorArchive(kept), against: required)
    weights = try TensorArchive(
      network.parameters.compactMap { parameter in
        guard let entry = found[parameter.name], entry.shape == parameter.shape else { return nil }
        return try Self.converted(entry, for: parameter)
      })
  }

  private static func configuration(
    of found: TensorArchive
  ) throws(MappingError) -> STMConfiguration {
    do throws(STMConfigurationError) {
      return try STMConfiguration(inferredFrom: found)
    } catch {
      var sources: [String] = []
      for entry in found.entries where !sources.contains(entry.source) {
        sources.append(entry.source)
      }
      throw .unrecognized(sources: sources, error)
    }
  }

  /// One archive of all, which of a name that comes twice holds the first, and the names whose
  /// contents differ.
  private static func merged(
    _ archives: [TensorArchive]
  ) throws -> (TensorArchive, contradictions: [(tensor: String, error: MappingError)]) {
    var entries: [TensorArchive.Entry] = []
    var indices: [String: Int] = [:]
    var contradictions: [(tensor: String, error: MappingError)] = []
    for entry in archives.flatMap(\.entries) {
      guard let index = indices[entry.name] else {
        indices[entry.name] = entries.count
        entries.append(entry)
        continue
      }
      let first = entries[index]
      if try first.shape != entry.shape || !first.tensor().isBitIdentical(to: entry.tensor()) {
        let error = MappingError.contradiction(
          tensor: entry.name, first: first.source, second: entry.source)
        contradictions.append((entry.name, error))
      }
    }
    return (try TensorArchive(entries), contradictions)
  }

  /// `entry` as a model file holds it: binary32, or 64-bit integers for a counter.
  private static func converted(
    _ entry: TensorArchive.Entry, for parameter: Parameter
  ) throws -> TensorArchive.Entry {
    if entry.elementType == (parameter.role == .counter ? .int64 : .float32) { return entry }
    guard parameter.role != .counter, entry.elementType.isFloatingPoint else {
      throw MappingError.elementType(
        tensor: entry.name, source: entry.source,
        expected: parameter.role == .counter ? "I64" : "a floating-point type",
        found: entry.elementType.rawValue)
    }
    return TensorArchive.Entry(
      name: entry.name, elementType: .float32, shape: entry.shape, source: entry.source
    ) { Tensor(try entry.floats()) }
  }
}
