import ArgumentParser
import CommandSupport
import Files
import Mapping
import Models
import Networks
import Quantization
import Reports
import STMModel
import Safetensors
import Tensors
import WeightFiles

/// `stm-convert import`: an export to a model file.
struct ImportWeights: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Writes the weights of an export as a model file. This is the default.",
    discussion: """
      The files of one export (ONNX, HDF5, safetensors or NumPy, told apart by their contents) \
      become one model. Names must be those of the published checkpoint. The configuration \
      follows from the shapes; every tensor that is missing, unexpected or misshapen is listed. \
      Weights are copied bit for bit.

      EXAMPLES
        stm-convert memorize.onnx query.onnx decode.onnx -o stm.safetensors
        stm-convert weights.h5 -o stm.safetensors --allow-unexpected 'ema.**'
        stm-convert weights.h5 --dry-run --json
      """)

  @Argument(help: "The files of one export.") var inputs: [String]
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
  var output: String?
  @Option(help: "The format of the inputs; auto looks at their contents.")
  var from = FormatChoice.auto
  @Option(help: ArgumentHelp("Accept that these tensors are missing.", valueName: "glob"))
  var allowMissing: [NamePattern] = []
  @Option(help: ArgumentHelp("Leave these tensors out.", valueName: "glob"))
  var allowUnexpected: [NamePattern] = []
  @Flag(help: "Read and check everything, and write nothing.") var dryRun = false
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if output == nil && !dryRun {
      throw ValidationError("expected --output FILE, or --dry-run to write nothing")
    }
    if let output, let report, FilePath.areSame(output, report) {
      throw ValidationError("--report: expected another file than --output, found \(report)")
    }
    for (option, path) in [("--output", output), ("--report", report)] {
      if let path, inputs.contains(where: { FilePath.areSame($0, path) }) {
        throw ValidationError("\(option): expected another file than the inputs, found \(path)")
      }
    }
  }

  func run() throws {
    for case let path? in [dryRun ? nil : output, report] { try AtomicFile.check(path) }
    let archives = try inputs.map { try WeightFile.read($0, as: from.format) }
    let mapped = try MappedWeights(
      of: archives, allowedMissing: allowMissing, allowedUnexpected: allowUnexpected)
    guard mapped.audit.isClean else {
      throw MappingError.misfit(sources: inputs, mapped.audit)
    }
    let metadata = ModelMetadata(
      configuration: mapped.network.configuration, precision: .float32,
      provenance: Provenance(
        sources: try inputs.map(Provenance.Source.init),
        settings: [
          "command": "stm-convert import",
          "allow-missing": allowMissing.map(\.description).joined(separator: " "),
          "allow-unexpected": allowUnexpected.map(\.description).joined(separator: " "),
        ]))
    let result = try TensorArchive(mapped.weights.entries, metadata: metadata.entries)
    if let output, !dryRun { try SafetensorsFile.write(result, to: output) }
    let report = ImportReport(mapped, sources: inputs)
    if let path = self.report { try AtomicFile.write(Array(try report.json.utf8), to: path) }
    try show.show(text: report.text(output: dryRun ? nil : output), json: try report.json)
  }
}

/// A format, or the one that the contents show.
enum FormatChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, onnx, hdf5, safetensors, npz

  var format: WeightFormat? { WeightFormat(rawValue: rawValue) }
}
