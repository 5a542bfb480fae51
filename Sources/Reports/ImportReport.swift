public import Mapping
import Networks
import STMModel

/// An import as text and as JSON (`Schemas/import-report.schema.json`).
public struct ImportReport: JSONReport {
  let verdict: Verdict
  let sources: [String]
  let configuration: STMConfiguration
  let matched: Int
  let expected: Int
  let absentOptional: [String]

  /// A report of an import that fits, from files whose last path components are reported.
  public init(_ mapped: MappedWeights, sources: [String]) {
    verdict = Verdict(mapped.audit.isClean)
    self.sources = sources.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    configuration = mapped.network.configuration
    matched = mapped.audit.matched
    expected = mapped.network.parameters.count
    absentOptional = mapped.audit.absentOptional.map(\.name)
  }

  /// The report for a terminal; `output` is the file that was written, if one was.
  public func text(output: String?) -> String {
    """
    \(sources.joined(separator: ", ")): \(matched) of \(expected) tensors
    configuration: \(configuration)
    absent and not needed: \(absentOptional.count) counters of training batches
    \(output.map { "wrote \($0)" } ?? "wrote nothing")

    """
  }
}
