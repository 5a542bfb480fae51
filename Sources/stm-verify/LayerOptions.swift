import ArgumentParser
import CommandSupport
import Files
import Reports
import Verification

/// What comparisons layer by layer have in common: tolerances, and what is reported.
struct LayerOptions: ParsableArguments {
  @Option(
    name: .customLong("default-tolerance"),
    help: "The relative error allowed in layers that no --tolerance selects.")
  var standard = GoldenVerification.standardTolerance
  @OptionGroup var exceptions: ToleranceOptions
  @Option(help: "How many layers to list, worst first.") var worst = 10
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?

  func validate() throws {
    if worst < 0 { throw ValidationError("--worst: expected at least 0, found \(worst)") }
    if !(standard >= 0) {
      throw ValidationError("--default-tolerance: expected at least 0, found \(standard)")
    }
    for exception in exceptions.exceptions where exception.value < 0 {
      throw ValidationError(
        "--tolerance: expected at least 0 for '\(exception.pattern)', found \(exception.value)")
    }
  }

  /// Checks that the report can be written. Throws `FileError`.
  func checkReport() throws {
    if let report { try AtomicFile.check(report) }
  }

  /// The tolerances of the layers `names`.
  ///
  /// Throws `ValidationError` where an exception selects none of them.
  func tolerances(of names: [String]) throws -> Tolerances {
    try exceptions.check(selecting: names)
    return Tolerances(standard: standard, exceptions: exceptions.exceptions)
  }

  /// Writes `report` where it was asked for. Throws what encoding and writing throw.
  func write(_ report: some JSONReport) throws {
    if let path = self.report { try AtomicFile.write(Array(try report.json.utf8), to: path) }
  }
}
