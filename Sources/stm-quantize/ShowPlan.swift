import ArgumentParser
import CommandSupport
import Files
import Models
import Reports
import Tuning

/// `stm-quantize plan`: what becomes of every layer.
struct ShowPlan: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Lists every layer's precision, bytes and work, and why.",
    discussion: """
      Of a quantized model the plan is the one that it was written with. Of an fp32 model it is what \
      --precision, --keep, --memory-precision or --plan would make of it; nothing is written.

      Work is counted in multiply-accumulates of one frame with one object and one frame in memory. \
      The share that int8 covers is that of the convolutions whose products of 8-bit integers \
      accumulate in 32 bits; in a model in int8 alone that is every convolution. What stays wide in \
      it is short: the results of the layers that make keys and values, the memory and its read \
      (bf16 operands, softmax in fp32), the last layer's logits with their upsampling, and the soft \
      aggregation of objects.

      EXAMPLES
        stm-quantize plan int8.safetensors --require-coverage 0.98
        stm-quantize plan stm.safetensors --precision int8 \\
          --keep 'Decoder.pred2=fp16'
        stm-quantize plan mixed.safetensors --size 240x432 --json > plan.json
      """)

  @Argument(help: "The model.") var model: String
  @OptionGroup var planOptions: PlanOptions
  @Option(
    help: ArgumentHelp(
      "The size of the frame that work is counted for, in pixels, multiples of 16.",
      valueName: "heightxwidth"))
  var size = FrameSize(height: 480, width: 864)
  @Option(
    help: """
      Fail unless int8 covers at least this share, from 0 to 1, of the convolutions' \
      multiply-accumulates.
      """)
  var requireCoverage: Double?
  @OptionGroup var show: OutputOptions

  func validate() throws {
    try size.check()
    if planOptions.isMixed {
      throw ValidationError(
        "--precision mixed: expected a precision, found mixed, which stm-quantize write searches for"
      )
    }
    if let requireCoverage, !(0...1).contains(requireCoverage) {
      throw ValidationError("--require-coverage: expected 0 to 1, found \(requireCoverage)")
    }
  }

  func run() throws {
    let source = try Model(path: model)
    if !planOptions.isEmpty { try source.requireFloat32() }
    let coverage = PlanCoverage(
      of: source.network,
      in: planOptions.isEmpty ? source.plan : try planOptions.plan(for: source.network),
      height: size.extents[0], width: size.extents[1], origin: planOptions.origin)
    let report = PlanReport(
      coverage, fileBytes: try FileBytes(path: model).count, required: requireCoverage)
    try show.show(text: report.text, json: try report.json)
    if !report.passes { throw Tool.gateFailed }
  }
}
