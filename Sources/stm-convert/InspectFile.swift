import ArgumentParser
import CommandSupport
import Reports

/// `stm-convert inspect`: what is in a file.
struct InspectFile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Lists the tensors of any file that the suite reads, with their statistics.",
    discussion: """
      Every element is looked at. Tensors of one type and shape whose names differ in one number \
      share a line, as in res4.{0...5}.conv1.weight, and so do their statistics; --json lists each \
      by itself. Elements that are infinite or not a number are reported with the index of the \
      first and left out of the rest.

      EXAMPLES
        stm-convert inspect weights.h5
        stm-convert inspect stm.safetensors --json
        stm-convert inspect large.pth --limits limits.json
      """)

  @Argument(help: "An ONNX, HDF5, Keras, PyTorch, safetensors or NumPy file.") var file: String
  @Option(help: "The format of the file; auto looks at its contents.")
  var from = FormatChoice.auto
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var show: OutputOptions

  func run() throws {
    let report = try InspectionReport(try reading.read(file, as: from.format))
    try show.show(text: report.text, json: try report.json)
  }
}
