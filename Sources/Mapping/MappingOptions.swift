public import Networks
public import STMModel

/// What a user decides about an import.
public struct MappingOptions: Sendable {
  /// What tensors are matched by.
  public enum Match: String, Sendable, CaseIterable {
    /// By name where it is certain, by the graph elsewhere.
    case auto
    /// By name only.
    case names
    /// By the graph only.
    case topology
  }

  /// What tensors are matched by.
  public var match = Match.auto
  /// The user's own rules; they come before everything else.
  public var rules: MappingRules?
  /// What is done about batch norms.
  public var fold = FoldPolicy.auto
  /// What the decoder's residual blocks add; nil reads it off the graph, and assumes raw without.
  public var residual: ResidualSkip?
  /// The order of the colours that the network was trained on; nil takes red first, and refuses a
  /// mean that says otherwise.
  public var channels: ChannelOrder?
  /// What graphs are given through inputs whose names do not say it.
  public var bindings: [InputBinding] = []
  /// The encoders that a backbone is imported into; empty for a whole model.
  public var into: [String] = []
  /// Whether parameters may be missing, for a model that training completes.
  public var isPartial = false
  /// Parameters that may be missing.
  public var allowedMissing: [NamePattern] = []
  /// Tensors that are left out.
  public var allowedUnexpected: [NamePattern] = []
  /// Whether NaN and infinities are reported and kept.
  public var acceptsNonFinite = false
  /// Kernels whose output channels may be all zeros.
  public var allowedZeroChannels: [NamePattern] = []
  /// Variances that may be zero; a negative one never is accepted.
  public var allowedZeroVariances: [NamePattern] = []

  /// Everything as the export has it.
  public init() {}
}

/// Says what a graph is given through an input: `[FILE:]INPUT=ROLE`.
public struct InputBinding: Sendable, Hashable, CustomStringConvertible {
  /// The input's name in its file, alone or behind the file's name and a colon.
  public let input: String
  /// The network's name for it: `frame`, `mask`, `others`, ...
  public let role: String

  /// As it is written on a command line.
  public var description: String { "\(input)=\(role)" }

  /// The roles that there are.
  public static var roles: [String] { InputRole.all }

  /// Parses `[FILE:]INPUT=ROLE`; nil where it is malformed or the role is unknown.
  public init?(_ text: String) {
    guard let equals = text.lastIndex(of: "=") else { return nil }
    input = String(text[..<equals])
    role = String(text[text.index(after: equals)...])
    guard !input.isEmpty, InputRole.all.contains(role) else { return nil }
  }

  /// Whether it is about `name`, an input of the file at `path`.
  func selects(_ name: String, ofFileAt path: String) -> Bool {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return input == name || input == "\(file):\(name)"
  }
}
