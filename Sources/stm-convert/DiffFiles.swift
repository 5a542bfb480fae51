import ArgumentParser
import CommandSupport
import Files
import Reports
import Verification
import WeightFiles

/// `stm-convert diff`: two files side by side.
struct DiffFiles: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares the tensors of two files of any format, by name.",
    discussion: """
      Lists what is missing, unexpected, misshapen, retyped or changed in the candidate, and for \
      changed elements the largest error, absolute and relative to the reference's largest \
      magnitude, the signal-to-noise ratio and how many elements differ. Exits with 0 when every \
      tensor is the same bit for bit, or changed within the tolerance, and else with 1.

      EXAMPLES
        stm-convert diff stm.safetensors weights.h5
        stm-convert diff before.safetensors after.safetensors --tolerance 1e-6
        stm-convert diff a.npz b.npz --json --report difference.json
      """)

  @Argument(help: "The file to compare with.") var reference: String
  @Argument(help: "The file that is compared.") var candidate: String
  @Option(
    help: ArgumentHelp(
      "Let pass changes up to this size, relative to the largest magnitude of the tensor.",
      valueName: "value"))
  var tolerance: Double?
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
      throw ValidationError("--tolerance: expected a number of at least 0, found \(tolerance)")
    }
    try Outputs.check([("--report", report)], against: [reference, candidate] + reading.inputs)
  }

  func run() throws {
    if let report { try AtomicFile.check(report) }
    let comparison = try WeightComparison(
      of: try reading.read(candidate).weights, with: try reading.read(reference).weights,
      tolerance: tolerance)
    let result = DifferenceReport(comparison, reference: reference, candidate: candidate)
    if let report { try AtomicFile.write(Array(try result.json.utf8), to: report) }
    try show.show(text: result.text, json: try result.json)
    if !comparison.passes { throw Tool.gateFailed }
  }
}
