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
        stm-quantize stm.safetensors -o int8.safetensors --precision int8 \\
          --statistics statistics.json --method percentile --percentile 99.9
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
  @OptionGroup var ranges: RangeOptions
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var backend: BackendOptions
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if precision == .int8 && calibrate.isEmpty && ranges.statistics == nil {
      throw ValidationError(
        "--precision int8 needs at least one --calibrate CLIP or --statistics FILE")
    }
    if precision != .int8 && !calibrate.isEmpty {
      throw ValidationError("--calibrate goes with --precision int8 only")
    }
    try ranges.validate(
      calibrates: precision == .int8, isGivenClips: !calibrate.isEmpty || !clipOptions.isStandard)
  }

  func run() throws {
    try AtomicFile.check(output)
    let clips = try calibrate.map(clipOptions.open)
    let source = try Model(path: model)
    let statistics = precision == .int8 ? try statistics(of: source, clips) : nil
    let weights: TensorArchive
    switch precision {
    case .fp16: weights = try source.halfWeights(.float16)
    case .bf16: weights = try source.halfWeights(.bfloat16)
    case .int8:
      guard let statistics else { preconditionFailure("int8 without statistics") }
      weights = try source.int8Weights(statistics: statistics, method: ranges.method)
    }
    let metadata = ModelMetadata(
      configuration: source.configuration, precision: precision.precision,
      provenance: Provenance(
        sources: try ([model] + [ranges.statistics].compactMap { $0 })
          .map(Provenance.Source.init(path:)),
        settings: settings(statistics)))
    let sourceBytes = try FileBytes(path: model).count
    try SafetensorsFile.write(
      try TensorArchive(weights.entries, metadata: metadata.entries), to: output)
    let report = try QuantizationReport(
      precision: precision.precision, sourceBytes: sourceBytes,
      outputBytes: FileBytes(path: output).count, tensors: weights.entries.count,
      method: statistics.map { _ in ranges.method })
    try show.show(text: report.text(output: output), json: try report.json)
  }

  private func statistics(of source: Model, _ clips: [Clip]) throws -> CalibrationStatistics {
    if let file = ranges.statistics { return try CalibrationStatistics(path: file) }
    return try CalibrationStatistics(
      of: source, over: clips, clipOptions, backend, isQuiet: show.quiet)
  }

  private func settings(_ statistics: CalibrationStatistics?) -> [String: String] {
    let settings = ["command": "stm-quantize", "precision": precision.rawValue]
    guard let statistics else { return settings }
    let clips = statistics.clips.map { "\($0.name) (\($0.frames) frames)" }
    return settings.merging(statistics.settings) { own, _ in own }.merging(
      ["method": "\(ranges.method)", "calibrate": clips.joined(separator: ", ")]
    ) { _, own in own }
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
