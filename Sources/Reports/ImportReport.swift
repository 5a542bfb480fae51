public import Mapping
import STMModel
import Tensors

/// The account of an import as text and as JSON (`Schemas/import-report.schema.json`).
public struct ImportReport: JSONReport {
  struct Source: Encodable {
    let file: String
    let tensor: String
    let variable: String?
    let shape: [Int]

    init(_ source: MappingAudit.Source) {
      variable = source.variable
      file = source.file
      tensor = source.tensor
      shape = source.shape.dimensions
    }
  }

  struct TensorLine: Encodable {
    let name: String
    let sources: [Source]
    let transforms: [String]
    let evidence: String
  }

  struct IgnoredLine: Encodable {
    let file: String
    let tensor: String
    let reason: String
  }

  struct MissingLine: Encodable {
    let name: String
    let shape: [Int]
    let suggestions: [String]
  }

  struct Counts: Encodable {
    let sources: Int
    let used: Int
    let ignored: Int
    let unexpected: Int
  }

  struct ValuesLine: Encodable {
    let name: String
    let file: String
    let tensor: String
    let kind: String
    let count: Int
    let total: Int
    let firstIndex: Int
    /// As text: JSON has no NaN.
    let first: String?
    let accepted: Bool

    init(_ finding: ValueFinding) {
      name = finding.parameter
      file = finding.file
      tensor = finding.tensor
      kind = finding.kind.rawValue
      count = finding.count
      total = finding.total
      firstIndex = finding.firstIndex
      first = finding.first?.description
      accepted = finding.isAccepted
    }
  }

  let verdict: Verdict
  let sources: [String]
  let configuration: STMConfiguration
  let counts: Counts
  let evidence: [String: Int]
  let tensors: [TensorLine]
  let ignored: [IgnoredLine]
  let missing: [MissingLine]
  let unexpected: [Source]
  let values: [ValuesLine]
  let problems: [String]
  let assumptions: [String]
  let absent: [String]

  /// A report of an import, whether or not it fits.
  public init(_ mapped: MappedWeights, sources: [String]) {
    let audit = mapped.audit
    verdict = Verdict(audit.isClean)
    self.sources = sources.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    configuration = mapped.network.configuration
    counts = Counts(
      sources: audit.sourceCount, used: audit.usedCount, ignored: audit.ignored.count,
      unexpected: audit.unexpected.count)
    evidence = audit.evidence
    tensors = audit.matches.map { match in
      TensorLine(
        name: match.parameter, sources: match.sources.map(Source.init),
        transforms: match.transforms.map(\.description), evidence: match.evidence.description)
    }
    ignored = audit.ignored.map {
      IgnoredLine(file: $0.file, tensor: $0.tensor, reason: $0.reason)
    }
    missing = audit.missing.map {
      MissingLine(
        name: $0.parameter, shape: $0.shape.dimensions, suggestions: $0.suggestions)
    }
    unexpected = audit.unexpected.map(Source.init)
    values = audit.values.map(ValuesLine.init)
    problems = audit.problems.map(\.description)
    assumptions = audit.assumptions
    absent = audit.absent
  }

  /// The report for a terminal in short; `output` is the file that was written, if one was.
  public func text(output: String?) -> String {
    """
    \(sources.joined(separator: ", ")): \(tensors.count) parameters
    configuration: \(configuration)
    \(summary)\(output.map { "wrote \($0)" } ?? "wrote nothing")

    """
  }

  /// The report for a terminal with every tensor, where what is repeated stands on one line.
  public var map: String {
    let rows = tensors.map { line in
      [
        line.name,
        line.sources.map { "\($0.file): \($0.variable ?? $0.tensor)" }.joined(separator: " + "),
        line.transforms.joined(separator: ", "), line.evidence,
      ]
    }
    let table = Table(
      titles: ["parameter", "from", "done", "evidence"], textColumns: 4,
      rows: RepeatedRows.collapsed(rows))
    return """
      \(table.text)\(ignoredText)\
      \(sources.joined(separator: ", ")): \(tensors.count) parameters
      configuration: \(configuration)
      \(summary)
      """
  }

  private var summary: String {
    let kinds = evidence.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return """
      evidence: \(kinds.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
      tensors of the export: \(counts.sources) = \(counts.used) used + \(counts.ignored) ignored \
      + \(counts.unexpected) unexpected

      """ + assumptions.map { "assumed: \($0)\n" }.joined() + acceptedText
        + (absent.isEmpty ? "" : "absent: \(absentText)\n")
  }

  /// Unusual numbers that are kept, with one line for each kind.
  private var acceptedText: String {
    ValueFinding.Kind.allCases.map { kind in
      let lines = values.filter { $0.accepted && $0.kind == kind.rawValue }
      guard let first = lines.first else { return "" }
      let count = lines.map(\.count).reduce(0, +)
      let place = first.first.map { "\($0) at element" } ?? "channel"
      return "accepted: \(Numbers.count(count, kind.noun)) in "
        + "\(Numbers.count(lines.count, "tensor")), the first '\(first.name)', \(place) "
        + "\(first.firstIndex)\n"
    }.joined()
  }

  /// What is left out, with one line for each file and reason.
  private var ignoredText: String {
    func key(_ line: IgnoredLine) -> String { line.file + line.reason.filter { !$0.isNumber } }
    let groups = Dictionary(grouping: ignored, by: key)
    var lines: [String] = []
    var seen: Set<String> = []
    for line in ignored where seen.insert(key(line)).inserted {
      let group = groups[key(line)] ?? []
      let reason = RepeatedRows.collapsed(group.map { ["", "", $0.reason] })[0][2]
      let what = group.count == 1 ? "'\(line.tensor)'" : "\(group.count) tensors"
      lines.append("ignored \(what) of \(line.file): \(reason)\n")
    }
    return lines.joined()
  }

  private var absentText: String {
    let counters = absent.count { $0.hasSuffix(".num_batches_tracked") }
    if counters == absent.count {
      return "\(counters) \(counters == 1 ? "counter" : "counters") of training batches, not needed"
    }
    return "\(absent.count) parameters, as allowed"
  }
}

extension ValueFinding.Kind {
  /// What one number or channel of the kind is called.
  fileprivate var noun: String {
    switch self {
    case .nonFinite: "non-finite number"
    case .variance: "zero variance"
    case .deviation: "zero deviation"
    case .zeroChannel: "all-zero channel"
    case .denormal: "denormal number"
    }
  }
}
