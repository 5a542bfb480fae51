import ArgumentParser
import CommandSupport
import Execution
import Mapping
import Models
import Networks
import Reports
import STMModel
import Verification
import WeightFiles

/// `stm-verify source`: a model against the exporter's own graphs.
struct VerifySource: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "source",
    abstract: "Compares every layer with what the exporter's own ONNX graphs compute.",
    discussion: """
      Runs the graphs of the export, operator by operator, and the network, on the same inputs: \
      frames and masks of noise, and what the network's other graphs hand to a graph that begins \
      inside it. Which value is which layer is read off the export alone. Every layer's largest \
      error must be within the tolerance, relative to the value's largest magnitude: 1e-4, or \
      what --tolerance GLOB:VALUE says for the layers that it selects. The report names the first \
      layer at which the two part. Outputs are compared too: keys, values, skips, logits, and probabilities made of \
      the logits; any other needs --allow-output. What an export computes in binary16 needs a larger tolerance.

      Sizes are those that the graphs state; what they leave open is 96x160 and 2 frames in \
      memory, or what --size and --memory say.

      EXAMPLES
        stm-verify source stm.safetensors memorize.onnx query.onnx decode.onnx
        stm-verify source stm.safetensors decode.onnx --memory 5
        stm-verify source stm.safetensors *.onnx --size 480x864 --json > source.json
        stm-verify source stm.safetensors memorize.onnx \\
          --bind x1=mask --bind x2=others
      """)

  @Argument(help: "The model.") var model: String
  @Argument(help: "ONNX files of the export that it came from.") var exports: [String]
  @OptionGroup var layers: LayerOptions
  @Option(
    help: ArgumentHelp(
      "The frame's size in pixels, multiples of 16, where the graphs leave it open.",
      valueName: "heightxwidth"))
  var size: FrameSize?
  @Option(help: "How many frames the memory holds, where the graphs leave it open.")
  var memory: Int?
  @OptionGroup var bindings: BindingOptions
  @Option(help: "The order of the colours that the graphs are given: what the import was told.")
  var channels = ChannelOrder.rgb
  @Option(
    help: ArgumentHelp(
      "Leave out these outputs of the export, which are nothing of the network's.",
      valueName: "glob"))
  var allowOutput: [NamePattern] = []
  @Flag(help: "Measure how long the exporter's graphs run; the report then differs between runs.")
  var timing = false
  @OptionGroup var limits: LimitsOption
  @OptionGroup var backend: ModelBackendOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try size?.check()
    if Set(exports).count < exports.count {
      throw ValidationError("expected each export once, found \(exports.joined(separator: " "))")
    }
    if let memory, !(1...1000).contains(memory) {
      throw ValidationError("--memory: expected 1 to 1000, found \(memory)")
    }
    try Outputs.check([("--report", layers.report)], against: [model] + exports + limits.inputs)
  }

  func run() throws {
    try layers.checkReport()
    let model = try Model(path: model)
    let names = model.network.graphs.flatMap { $0.nodes.map(\.name) }
    let limits = try limits.read()
    let sources = try exports.map { try WeightFile.read($0, as: .onnx, limits: limits) }
    try Outputs.check([("--report", layers.report)], against: sources.flatMap(\.files))
    let progress = Progress("verifying", total: exports.count, isQuiet: output.quiet)
    let result = try SourceVerification(
      of: model, against: sources,
      bindings: bindings.bindings, channels: channels,
      extents: SourceExtents(size: size?.extents, memory: memory), ignoring: allowOutput,
      tolerances: try layers.tolerances(of: names),
      backend: try backend.make(), kernels: try backend.backend.kernels(), measuresTime: timing,
      progress: progress.show)
    let report = SourceReport(
      result, backend: backend.backend.name, arithmetic: backend.arithmetic.rawValue)
    try layers.write(report)
    try output.show(text: report.text(worst: layers.worst), json: try report.json)
    if !result.passes { throw Tool.gateFailed }
  }
}
