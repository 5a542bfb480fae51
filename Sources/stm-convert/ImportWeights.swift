import ArgumentParser
import CommandSupport
import Files
import Mapping
import Models
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
      The files of one export (ONNX, HDF5, Keras, PyTorch, safetensors or NumPy, told apart by \
      their contents) become one model. Tensors are matched by their names where those are \
      canonical or follow a known convention, and by the place of their layers in the export's \
      graph where names were lost; what is not certain is refused, with the candidates. Weights \
      are copied bit for bit; a batch norm that the exporter folded stays folded.

      Numbers that a trained network should not hold are refused, with tensor and index: NaN, \
      infinities, variances that are not positive, and output channels of a kernel that are all \
      zeros. Real exports may hold channels that training gave up; say so by name. Denormal numbers \
      are reported.

      EXAMPLES
        stm-convert memorize.onnx query.onnx decode.onnx -o stm.safetensors
        stm-convert weights.h5 -o stm.safetensors --allow-unexpected 'ema.**'
        stm-convert pruned.h5 -o stm.safetensors \\
          --allow-zero-channels 'Encoder_*.res4.**'
        stm-convert weights.h5 --dry-run --json
      """)

  @OptionGroup var mapping: MappingArguments
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
  var output: String?
  @Flag(help: "Read and check everything, and write nothing.") var dryRun = false
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if output == nil && !dryRun {
      throw ValidationError(
        "expected --output FILE, or --dry-run to write nothing, found neither", hint: outputHint)
    }
    try checkOutputs(against: mapping.inputs + mapping.settingFiles)
  }

  /// What to do without an output: the last of the inputs may be meant for it.
  private var outputHint: String {
    guard let last = mapping.inputs.last, mapping.inputs.count > 1, !FilePath.exists(last) else {
      return "say where to write the model: --output \(Nearby.free("stm.safetensors"))"
    }
    return "did you mean --output \(last.shellWord)?"
  }

  /// Throws `ValidationError` where an output would replace one of `files` or the other.
  private func checkOutputs(against files: [String]) throws {
    try Outputs.check([("--output", output), ("--report", report)], against: files)
  }

  func run() throws {
    for case let path? in [dryRun ? nil : output, report] { try AtomicFile.check(path) }
    let sources = try mapping.read()
    try checkOutputs(against: sources.flatMap(\.files) + mapping.settingFiles)
    let mapped = try mapping.mapped(sources)
    let report = ImportReport(mapped, sources: mapping.inputs)
    if let path = self.report { try AtomicFile.write(Array(try report.json.utf8), to: path) }
    guard mapped.audit.isClean else {
      throw MappingError.misfit(sources: mapping.inputs, problems: mapped.audit.allProblems)
    }
    let metadata = ModelMetadata(
      configuration: mapped.network.configuration, plan: PrecisionPlan(.float32),
      provenance: Provenance(
        sources: try sources.flatMap {
          try [.init(path: $0.path)] + $0.dataFiles.map(Provenance.Source.init)
        } + mapping.settingFiles.map(Provenance.Source.init),
        settings: mapping.settings.merging(
          ["command": "stm-convert import", "evidence": mapped.audit.evidenceInShort]
        ) { first, _ in first }))
    let result = try TensorArchive(mapped.weights.entries, metadata: metadata.entries)
    if let output, !dryRun { try SafetensorsFile.write(result, to: output) }
    try show.show(text: report.text(output: dryRun ? nil : output), json: try report.json)
  }
}
