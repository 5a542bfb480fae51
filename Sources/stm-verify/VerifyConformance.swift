import ArgumentParser
import CommandSupport
import Files
import Reports
import Verification

/// `stm-verify conformance`: the interpreter of ONNX graphs against the ONNX project's tests.
struct VerifyConformance: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Runs the ONNX project's own tests of operators.",
    discussion: """
      The tests are those of the Python package onnx, in its folder onnx/backend/test/data; \
      Tests/Conformance/fetch.sh brings version 1.17.0. The verdict is `pass` when every test \
      whose operators and element types are supported gives the stored outputs, within 1e-3 \
      relative and 1e-7 absolute, as the package's own runner asks. Five tests of that version \
      store outputs that the ONNX project has corrected since; they are counted by themselves.

      EXAMPLES
        stm-verify conformance onnx/backend/test/data
        stm-verify conformance onnx/backend/test/data --filter resize \\
          --backend reference
        stm-verify conformance onnx/backend/test/data --table operators.md
      """)

  @Argument(help: "The folder with node/, pytorch-operator/ and so on.") var data: String
  @Option(help: "Only tests whose name contains this text.") var filter = ""
  @Option(help: ArgumentHelp("Write the tables as Markdown to a file.", valueName: "file"))
  var table: String?
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var backend: BackendOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try Outputs.check([("--table", table), ("--report", report)], against: [data])
  }

  func run() throws {
    for path in [table, report].compactMap({ $0 }) { try AtomicFile.check(path) }
    var bar: Progress?
    let result = try Conformance(of: data, filter: filter, kernels: try backend.kernels()) {
      let progress = bar ?? Progress("testing", total: $1, isQuiet: output.quiet)
      bar = progress
      progress.show($0)
    }
    let report = ConformanceReport(result)
    if let table { try AtomicFile.write(Array(report.markdown.utf8), to: table) }
    if let path = self.report { try AtomicFile.write(Array(try report.json.utf8), to: path) }
    try output.show(text: report.text, json: try report.json)
    if !result.passes { throw Tool.gateFailed }
  }
}
