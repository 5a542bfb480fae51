import ArgumentParser
import CommandSupport
import Reports
import WeightFiles

/// `stm-convert inspect`: what is in a file.
struct InspectFile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Lists the tensors of any file that the suite reads.",
    discussion: """
      EXAMPLES
        stm-convert inspect weights.h5
        stm-convert inspect stm.safetensors --json
      """)

  @Argument(help: "An ONNX, HDF5, safetensors or NumPy file.") var file: String
  @Option(help: "The format of the file; auto looks at its contents.")
  var from = FormatChoice.auto
  @OptionGroup var show: OutputOptions

  func run() throws {
    let format = try from.format ?? WeightFile.format(of: file)
    let report = InspectionReport(
      try WeightFile.read(file, as: format).weights, format: format.rawValue)
    try show.show(text: report.text, json: try report.json)
  }
}
