import ArgumentParser
import CommandSupport
import Files
import Models
import Quantization
import Reports
import STMModel
import Safetensors
import Segmentation
import Tensors
import Tuning

/// `stm-quantize write`, the default: a model in fewer bytes.
struct WriteModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Writes a model in a smaller precision (the default).",
    discussion: """
      Batch norms are folded into the convolutions first. fp16 rounds weights to binary16, bf16 \
      to bfloat16, and so what every step hands on. int8 makes every convolution an integer one: \
      weights signed, with a scale for each output channel; activations with a scale for each \
      tensor, calibrated by segmenting clips with the fp32 model. The memory read then works on \
      keys and values rounded to bfloat16; frames, its softmax and the logits stay in binary32.

      EXAMPLES
        stm-quantize stm.safetensors -o fp16.safetensors --precision fp16
        stm-quantize stm.safetensors -o bf16.safetensors --precision bf16
        stm-quantize stm.safetensors -o int8.safetensors --precision int8 \\
          --calibrate clips/dog --frames 12
      """)

  @Argument(help: "The fp32 model.") var model: String
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The model file to write.", valueName: "file"))
  var output: String
  @Option(help: "The precision to write: fp16, bf16 or int8.") var precision: TargetPrecision
  @Option(
    help: ArgumentHelp(
      "A clip to calibrate int8 on. May be given several times.", valueName: "clip"))
  var calibrate: [String] = []
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var backend: BackendOptions
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if precision == .int8 && calibrate.isEmpty {
      throw ValidationError("--precision int8 needs at least one --calibrate CLIP")
    }
    if precision != .int8 && !calibrate.isEmpty {
      throw ValidationError("--calibrate goes with --precision int8 only")
    }
  }

  func run() throws {
    try AtomicFile.check(output)
    let clips = try calibrate.map(clipOptions.open)
    let source = try Model(path: model)
    let weights: TensorArchive
    switch precision {
    case .fp16: weights = try source.halfWeights(.float16)
    case .bf16: weights = try source.halfWeights(.bfloat16)
    case .int8: weights = try source.int8Weights(statistics: try statistics(of: source, clips))
    }
    let metadata = ModelMetadata(
      configuration: source.configuration, precision: precision.precision,
      provenance: Provenance(
        sources: [try Provenance.Source(path: model)], settings: settings(clips)))
    let sourceBytes = try FileBytes(path: model).count
    try SafetensorsFile.write(
      try TensorArchive(weights.entries, metadata: metadata.entries), to: output)
    let report = try QuantizationReport(
      precision: precision.precision, sourceBytes: sourceBytes,
      outputBytes: FileBytes(path: output).count, tensors: weights.entries.count)
    try show.show(text: report.text(output: output), json: try report.json)
  }

  private func statistics(of source: Model, _ clips: [Clip]) throws -> CalibrationStatistics {
    var calibration = Calibration(
      try CompiledNetwork(source, backend: try backend.make()))
    for clip in clips {
      let progress = Progress(
        "calibrating on \(clip.name)", total: clip.frameCount - 1, isQuiet: show.quiet)
      try calibration.include(clip, progress: progress.show)
    }
    return calibration.statistics
  }

  private func settings(_ clips: [Clip]) -> [String: String] {
    var settings = ["command": "stm-quantize", "precision": precision.rawValue]
    guard precision == .int8 else { return settings }
    settings["method"] = "minmax"
    settings["calibrate"] = clips.map { "\($0.name) (\($0.frameCount) frames)" }
      .joined(separator: ", ")
    settings["long-edge"] = clipOptions.longEdge.map(String.init)
    settings["backend"] = backend.name
    return settings
  }
}

/// The precisions that can be written.
enum TargetPrecision: String, ExpressibleByArgument, CaseIterable {
  case fp16, bf16, int8

  var precision: Precision {
    switch self {
    case .fp16: .float16
    case .bf16: .bfloat16
    case .int8: .int8
    }
  }
}
