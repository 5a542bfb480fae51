public import ArgumentParser
import CommandSupport
import Files
import Models
public import OnnxExport
import OnnxFiles
import Reports

/// `stm-convert export`: a model as ONNX graphs.
struct ExportModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a model as ONNX graphs: memorize, query and decode.",
    discussion: """
      The graphs take frames of any size whose sides are multiples of 16, any number of objects \
      and any length of the memory; their inputs and outputs, nodes and constants carry the names \
      of the network, its layers and its parameters. The loop around them (padding, soft \
      aggregation, which frames stay in memory) is the caller's.

      onnx is for fp32, fp16 and bf16: all arithmetic is in binary32; weights of 16 bits are \
      stored as such and widened by Cast, and two Casts round what the model rounds. A fp32 model \
      keeps its batch norms, so that importing the graphs gives its weights again bit for bit; \
      runtimes fold them when they load.

      onnx-qdq is for int8, w8 and mixtures with them: QuantizeLinear and DequantizeLinear stand \
      around every value that the model holds as integers, and nowhere else. Weights have a scale \
      for each output channel. \
      Biases are 32-bit integers where a convolution's result is quantized at once and they fit, \
      so that a runtime can compute it on integers, and binary32 where it adds a residual or hands \
      on real numbers. Keys, values and the query's key are rounded to bfloat16 by Cast. Of a w8 \
      model, weights alone are integers.

      Files of these names in the folder are replaced.

      EXAMPLES
        stm-convert export stm.safetensors --to onnx -o onnx
        stm-convert export stm-fp16.safetensors --to onnx -o onnx --opset 20
        stm-convert export stm-int8.safetensors --to onnx-qdq -o qdq --json
      """)

  @Argument(help: "The model.") var model: String
  @Option(help: "What to write: onnx, or onnx-qdq for models that hold integers.")
  var to: OnnxExport.Target
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder for the three files.", valueName: "dir"))
  var output: String
  @Option(
    help: ArgumentHelp(
      """
      The version of ONNX's operator set, \(OnnxDocument.operatorSets.lowerBound) to \
      \(OnnxDocument.operatorSets.upperBound).
      """, valueName: "n"))
  var opset = 17
  @Flag(help: "Fold the batch norms of a fp32 model into its convolutions.")
  var foldBatchNorm = false
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var show: OutputOptions

  func validate() throws {
    guard OnnxDocument.operatorSets.contains(opset) else {
      throw ValidationError(
        """
        --opset: expected \(OnnxDocument.operatorSets.lowerBound) to \
        \(OnnxDocument.operatorSets.upperBound), found \(opset)
        """)
    }
    try Outputs.check(
      paths.map { ("--output", $0) } + [("--report", report)], against: [model])
  }

  /// The files to write, in the order of the graphs.
  private var paths: [String] { ["memorize", "query", "decode"].map { "\(output)/\($0).onnx" } }

  func run() throws {
    if let report { try AtomicFile.check(report) }
    let source = try Model(path: model)
    let metadata = ModelMetadata(
      configuration: source.configuration, plan: source.plan,
      provenance: Provenance(sources: [try Provenance.Source(path: model)], settings: settings))
    let export = try OnnxExport(
      of: source, to: to, operatorSet: opset, foldsBatchNorms: foldBatchNorm,
      metadata: metadata.entries, version: Tool.version)
    try Folder.create(at: output)
    for path in paths { try AtomicFile.check(path) }
    for (document, path) in zip(export.documents, paths) { try OnnxFile.write(document, to: path) }
    let result = ExportReport(
      export, of: source, to: to, files: try paths.map(Provenance.Source.init))
    if let report { try AtomicFile.write(Array(try result.json.utf8), to: report) }
    try show.show(text: result.text(output: output), json: try result.json)
  }

  private var settings: [String: String] {
    var settings = [
      "command": "stm-convert export", "to": to.rawValue, "opset": "\(opset)",
    ]
    if foldBatchNorm { settings["fold-batch-norm"] = "true" }
    return settings
  }
}

extension OnnxExport.Target: ExpressibleByArgument {}
