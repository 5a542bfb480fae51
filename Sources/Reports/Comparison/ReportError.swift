public import Files

/// What can keep two reports from being compared.
public enum ReportError: DiagnosticError, Equatable {
  /// The file is no report of a comparison over clips.
  case notAReport(path: String, reason: String)
  /// The report was written by a later version of the suite.
  case newerFormat(path: String, found: Int, known: Int)
  /// The reports are of different models, clips or options.
  case differentSubjects([ReportComparison.Difference])

  public var description: String {
    switch self {
    case .notAReport(let path, let reason):
      "\(path): expected a JSON report of stm-verify clip, found \(reason)"
    case .newerFormat(let path, let found, let known):
      "\(path): expected a report of format \(known) or older, found format \(found)"
    case .differentSubjects: lines.listed
    }
  }

  public var lines: [String] {
    guard case .differentSubjects(let differences) = self else { return [description] }
    return ["the reports are not of the same comparison"]
      + differences.map { "\($0.noun): old \($0.old), new \($0.new)" }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    switch self {
    case .notAReport:
      "name what stm-verify clip wrote with --report or --json, or the roll-up of --clips"
    case .newerFormat: "compare with the version of the suite that wrote the report"
    case .differentSubjects:
      "write both with the same reference, clip and options, or compare them with --force"
    }
  }
}
