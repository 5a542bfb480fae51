import ArgumentParser
import CommandSupport
import Files
import Models
import Reports
import Segmentation
import Tuning

/// `stm-quantize check`: what 16 bits do to a model's numbers.
struct CheckPrecision: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Finds what overflows or underflows in fp16 or bf16, and what must stay wide.",
    discussion: """
      Rounds every folded kernel, and over --clip, segmented with the fp32 model, every value that \
      a model of the precision would hold or read in 16 bits; counts what becomes infinite, what \
      becomes 0 and what becomes subnormal. Sums are in fp32 and biases too: of a convolution with \
      a fused ReLU or residual the result alone is rounded.

      Where something overflows, or is not finite in fp32 already, the exit code is 1, and the \
      options of stm-quantize write are printed that keep the layers wide that need it. Where more \
      than 1 % of what is not 0 becomes 0 or subnormal, a note says so; that is no failure.

      EXAMPLES
        stm-quantize check stm.safetensors --precision fp16
        stm-quantize check stm.safetensors --precision fp16 --clip clips/dog \\
          --clip clips/cat --frames 12 --report fp16-check.json
        stm-quantize check stm.safetensors --precision fp16 --clip clips/dog \\
          --keep 'Decoder.pred2=fp32'
      """)

  @Argument(help: "The fp32 model.") var model: String
  @OptionGroup var planOptions: PlanOptions
  @Option(
    name: .customLong("clip"),
    help: ArgumentHelp(
      "A clip to segment: a folder with frames/ and masks/. May be given several times.",
      valueName: "clip"))
  var clips: [String] = []
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var backend: BackendOptions
  @Option(help: ArgumentHelp("Also write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if planOptions.precision == nil && planOptions.plan == nil {
      throw ValidationError("expected --precision fp16 or bf16, or --plan, found neither")
    }
    if clips.isEmpty && !clipOptions.isStandard {
      throw ValidationError("--frames and --long-edge: expected a --clip, found none")
    }
    try Outputs.check(
      [("--report", report)],
      against: [model, planOptions.plan] + ClipOptions.folders(of: clips))
  }

  func run() throws {
    if let report { try AtomicFile.check(report) }
    let clips = try clips.map(clipOptions.open)
    let source = try Model(path: model)
    var check = try HalfPrecisionCheck(source, plan: try planOptions.plan(for: source.network))
    guard check.roundsAnything else {
      throw ValidationError("--precision: expected a plan with fp16 or bf16, found none")
    }
    if !clips.isEmpty {
      let network = try CompiledNetwork(source, backend: try backend.make())
      for clip in clips {
        let progress = Progress(
          "checking on \(clip.name)", total: clip.frameCount - 1, isQuiet: show.quiet)
        try check.include(clip, on: network, progress: progress.show)
      }
    }
    let result = HalfPrecisionReport(check)
    if let report { try AtomicFile.write(Array(try result.json.utf8), to: report) }
    try show.show(text: result.text, json: try result.json)
    if !result.passes { throw Tool.gateFailed }
  }
}
