import ArgumentParser
import CommandSupport
import Files
import Reports

/// `stm-verify compare-reports`: what got worse from one report to the next.
struct CompareReports: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare-reports",
    abstract: "Compares two reports of stm-verify clip; fails where something got worse.",
    discussion: """
      A ratchet for continuous integration. Worse is: a gate that held and does not, or is not there \
      any more, or asks for less; a layer that is not there any more, or is beyond its tolerance now; a clip that is \
      not there any more; and a number that is less by more than its tolerance: sqnr in dB, of \
      layers (isolated, contributed, accumulated) and logits; iou and boundary with the reference's \
      masks, j and f with the ground truth; and a number that is not there any more. What appears, and \
      what gets better, is listed, and gates that failed and are gone.

      Both are reports of one clip, or both roll-ups of --clips (roll-up.json), of the same \
      reference, clips and options; the candidates have the same precision and may have other \
      weights. --force compares others too, as far as they have the same layers.

      EXAMPLES
        stm-verify compare-reports main.json new.json
        stm-verify compare-reports main.json new.json --tolerance sqnr:1 \\
          --tolerance iou:0.002
        stm-verify compare-reports main/roll-up.json new/roll-up.json \\
          --report changes.json
        stm-verify compare-reports fast.json exact.json --force
      """)

  @Argument(help: "The report to hold on to.") var old: String
  @Argument(help: "The report that must not be worse.") var new: String
  @Option(
    name: .customLong("tolerance"),
    help: ArgumentHelp(
      "How much less a metric may be: \(Self.standards); the last of a metric holds.",
      valueName: "metric:value"))
  var tolerances: [RatchetTolerance] = []
  @Flag(help: "Compare although reference, clip or options differ.") var force = false
  @Option(help: "How many numbers to list, those that changed the most first.") var worst = 10
  @Option(help: ArgumentHelp("Write the comparison as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var output: OutputOptions

  private static var standards: String {
    RatchetMetric.allCases.map { "\($0.rawValue) by \($0.standardTolerance)" }
      .joined(separator: ", ")
  }

  func validate() throws {
    if worst < 0 { throw ValidationError("--worst: expected at least 0, found \(worst)") }
    try Outputs.check([("--report", report)], against: [old, new])
  }

  func run() throws {
    if let report { try AtomicFile.check(report) }
    let allowed = Dictionary(tolerances.map { ($0.metric, $0.value) }) { _, last in last }
    let comparison = try ReportComparison(
      try SavedReport(path: old), try SavedReport(path: new), tolerances: allowed,
      isForced: force)
    if let report { try AtomicFile.write(Array(try comparison.json.utf8), to: report) }
    try output.show(text: comparison.text(worst: worst), json: try comparison.json)
    if !comparison.passes { throw Tool.gateFailed }
  }
}

/// How much less a metric may be.
struct RatchetTolerance: ExpressibleByArgument {
  let metric: RatchetMetric
  let value: Double

  /// Parses `METRIC:VALUE`.
  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let metric = RatchetMetric(rawValue: String(parts[0])),
      let value = Double(parts[1]), value >= 0
    else { return nil }
    self.metric = metric
    self.value = value
  }
}
