import ArgumentParser
import CommandSupport
import Files
import Finding
import Models
import Quantization
import Reports
import Segmentation

/// `stm-verify locate`: where numbers go bad first.
struct LocateFault: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "locate",
    abstract: "Names the first layer whose numbers are not finite, overflow or saturate.",
    discussion: """
      Weights that are not finite are named first; with such nothing is run. Otherwise each model \
      segments the clip, and the first value with a fault is named: layer, frame, object, channel and \
      position, with the ranges of what the layer reads and of its weights, and the sum that the \
      number should be, in binary64, which tells where the fault comes from: what the layer reads, the \
      sum itself, a part of it, or what holds the result.

      --nan looks for infinities and for what is not a number. --overflow looks for what becomes \
      infinite in what holds it (in fp16 beyond 65504), for int8 values more than --share of which lie \
      at an end of their integers, and, as a note that fails nothing, for values more than --share of \
      which become 0. What holds a value is what the model says; --precision fp16 or bf16 asks it of a \
      single model as if it were that, as 'stm-quantize check' does for every layer.

      With two models the candidate memorizes the reference's masks, and its numbers are held against \
      the reference's: saturated is what lies at an end where the reference is more than half a step \
      beyond it, lost what is 0 and is not in the reference. Of int8 models alone all that lies at an \
      end counts, but zeros. \
      Frames and masks are from 0 to 1 by definition and do not count.

      EXAMPLES
        stm-verify locate stm.safetensors --clip clips/dog --nan
        stm-verify locate stm.safetensors --clip clips/dog --overflow \\
          --precision fp16
        stm-verify locate stm.safetensors int8.safetensors --clip clips/dog \\
          --overflow --share 0.02
        stm-verify locate stm.safetensors fp16.safetensors --clip clips/dog \\
          --nan --json
      """)

  @Argument(help: "The model to look at, or the one to compare with.") var reference: String
  @Argument(help: "The model to look at beside it.") var candidate: String?
  @Option(help: "A folder with frames/ and masks/.") var clip: String
  @OptionGroup var clipOptions: ClipOptions
  @Flag(help: "Look for infinities and for what is not a number.") var nan = false
  @Flag(help: "Look for what overflows, saturates or underflows.") var overflow = false
  @Option(
    help: "With --overflow and one model: fp16 or bf16, whatever the model is in.")
  var precision: Precision?
  @Option(
    help: """
      With --overflow: the share of a value that may saturate or underflow, from 0 to 1. \
      (default: 0.01)
      """)
  var share: Double?
  @OptionGroup var backend: ModelBackendOptions
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try Outputs.check(
      [("--report", report)],
      against: [reference, candidate] + ClipOptions.folders(of: [clip]))
    guard nan != overflow else {
      throw ValidationError("expected --nan or --overflow, found \(nan ? "both" : "neither")")
    }
    if nan, precision != nil || share != nil {
      throw ValidationError("--precision and --share: expected --overflow, found --nan")
    }
    if let share, !(0...1).contains(share) {
      throw ValidationError("--share: expected 0 to 1, found \(share)")
    }
    guard let precision else { return }
    guard precision == .float16 || precision == .bfloat16 else {
      throw ValidationError(
        "--precision: expected fp16 or bf16, found \(precision.rawValue)"
          + (precision.hasIntegerWeights ? "; the limits of integers are a quantized model's" : ""))
    }
    if candidate != nil {
      throw ValidationError("--precision: expected one model, found two")
    }
  }

  func run() throws {
    if let report { try AtomicFile.check(report) }
    let clip = try clipOptions.open(clip)
    let search: Location.Search =
      nan ? .nonFinite : .overflow(precision: precision, share: share ?? 0.01)
    let first = try Model(path: reference)
    let second = try candidate.map { try Model(path: $0) }
    let backends = try backend.make(reference: first.plan, candidate: (second ?? first).plan)
    func locate(_ model: Model, beside reference: Model? = nil, _ title: String) throws -> Location
    {
      let progress = Progress(title, total: clip.frameCount - 1, isQuiet: output.quiet)
      let isReference = reference == nil && second != nil
      return try Location(
        of: search, in: model, beside: reference, clip: clip,
        backends: (
          backends.reference, isReference ? backends.reference : backends.candidate
        ), progress: progress.show)
    }
    var models = [
      (
        second == nil ? "model" : "reference", first.plan.name,
        try locate(first, "looking at the \(second == nil ? "model" : "reference")")
      )
    ]
    if let second {
      models.append(
        (
          "candidate", second.plan.name,
          try locate(second, beside: first, "looking at the candidate")
        ))
    }
    let result = LocationReport(search, models)
    if let report { try AtomicFile.write(Array(try result.json.utf8), to: report) }
    try output.show(text: result.text, json: try result.json)
    if !result.passes { throw Tool.gateFailed }
  }
}
