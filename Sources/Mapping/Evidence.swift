/// Why a tensor of an export is believed to be a parameter of the network.
public enum Evidence: Sendable, Hashable, CustomStringConvertible {
  /// It has the parameter's canonical name.
  case name
  /// Known conventions make the canonical name of its own, one after another.
  case convention([String])
  /// Its name ends like the parameter's, and only one module fits all that stands under `prefix`.
  case prefix(String)
  /// A rule of the user's, counted from 1, names it.
  case rule(Int)
  /// It belongs to `node` of the export's graph, whose place no other layer can have; `source` is
  /// what the node reads.
  case topology(node: String, source: String)
  /// The export does not hold it; the published model's value is assumed.
  case assumed(String)

  /// As an audit cites it: `name`, `convention:keras-applications`, `prefix:net.backbone`,
  /// `rule:3`, `topology:Conv#17 <- input mask`, `assumed:ImageNet`.
  public var description: String {
    switch self {
    case .name: "name"
    case .convention(let names): "convention:\(names.joined(separator: "+"))"
    case .prefix(let prefix): "prefix:\(prefix)"
    case .rule(let number): "rule:\(number)"
    case .topology(let node, let source): "topology:\(node) <- \(source)"
    case .assumed(let what): "assumed:\(what)"
    }
  }

  /// Whether the user says so.
  var isRule: Bool { if case .rule = self { true } else { false } }

  /// The kind of evidence: what stands before the colon.
  public var kind: String {
    description.split(separator: ":", maxSplits: 1).first.map(String.init) ?? ""
  }
}
