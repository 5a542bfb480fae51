public import Tensors

/// An account of every tensor on both sides of an import.
public struct MappingAudit: Sendable {
  /// A tensor of an export.
  public struct Source: Sendable, Hashable {
    /// The last component of its file's path.
    public let file: String
    /// Its name in the file.
    public let tensor: String
    /// The layer and the variable that it is, where its name in the file does not say so.
    public let variable: String?
    /// Its shape in the file.
    public let shape: Shape
  }

  /// A parameter of the network, and how it came about.
  public struct Match: Sendable {
    /// The canonical name.
    public let parameter: String
    /// The tensors that it is made of, the main one first; empty for an assumed value.
    public let sources: [Source]
    /// What is done to them, in order.
    public let transforms: [Transform]
    /// Why it is believed.
    public let evidence: Evidence
  }

  /// A tensor that is left out, and why.
  public struct Ignored: Sendable {
    /// The last component of its file's path.
    public let file: String
    /// Its name in the file.
    public let tensor: String
    /// Why.
    public let reason: String
  }

  /// A parameter that no tensor is.
  public struct Missing: Sendable {
    /// The canonical name.
    public let parameter: String
    /// Its shape.
    public let shape: Shape
    /// Unexpected tensors whose names are alike.
    public let suggestions: [String]
  }

  /// The parameters that the export gives, in the network's order.
  public internal(set) var matches: [Match] = []
  /// Tensors that are left out for a known reason, in the order of the sources.
  public internal(set) var ignored: [Ignored] = []
  /// Tensors that nothing asks for.
  public internal(set) var unexpected: [Source] = []
  /// Parameters that are needed and not there.
  public internal(set) var missing: [Missing] = []
  /// Parameters that may be missing, and are.
  public internal(set) var absent: [String] = []
  /// Numbers that a trained network should not hold, in the network's order; those that are not
  /// accepted are among the problems too.
  public internal(set) var values: [ValueFinding] = []
  /// Everything else that forbids the import: misshapen, contradictory and ambiguous tensors,
  /// numbers that are not accepted, layers that the network does not have.
  public internal(set) var problems: [MappingProblem] = []
  /// What the export does not say and the import takes for granted, as sentences.
  public internal(set) var assumptions: [String] = []
  /// Names of tensors and layers that an ambiguity is about; the problem that names them says all.
  var unclear: Set<String> = []
  /// How many tensors the sources hold.
  public internal(set) var sourceCount = 0
  /// How many of them are part of a parameter.
  public internal(set) var usedCount = 0

  /// Whether every tensor has its place and every parameter its tensor.
  public var isClean: Bool { missing.isEmpty && unexpected.isEmpty && problems.isEmpty }

  /// Everything that forbids the import; what explains the rest comes first.
  public var allProblems: [MappingProblem] {
    problems
      + missing.filter { !isUnclear($0.parameter) }.map { item in
        .other(
          "tensor '\(item.parameter)': expected shape \(item.shape), found none"
            + (item.suggestions.isEmpty
              ? ""
              : "; did you mean \(item.suggestions.map { "'\($0)'" }.joined(separator: ", "))?"))
      }
      + unexpected.filter { !unclear.contains($0.tensor) }.map {
        .other(
          "tensor '\($0.tensor)': expected no such tensor, found shape \($0.shape) in \($0.file)")
      }
  }

  private func isUnclear(_ parameter: String) -> Bool {
    let parts = parameter.split(separator: ".")
    return parts.indices.contains { unclear.contains(parts[...$0].joined(separator: ".")) }
  }

  /// How many parameters each kind of evidence speaks for, by kind.
  public var evidence: [String: Int] {
    Dictionary(grouping: matches, by: \.evidence.kind).mapValues(\.count)
  }

  /// The same on one line, the kinds in alphabetical order.
  public var evidenceInShort: String {
    evidence.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}
