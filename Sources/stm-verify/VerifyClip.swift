import ArgumentParser
import CommandSupport
import Execution
import Files
import Models
import Networks
import Reports
import STMModel
import Segmentation
import Verification

/// `stm-verify clip`: two precisions of one model over a clip.
struct VerifyClip: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clip",
    abstract: "Compares two precisions of a model over a clip. This is the default.",
    discussion: """
      Runs the whole loop in both: memorize, memory read, decode. The candidate runs twice: \
      teacher-forced, memorizing the reference's masks, and free-running, memorizing its own. \
      Every layer of the teacher-forced run is compared with the reference's, and every mask. \
      The reference always has exact arithmetic, the candidate what --arithmetic says, so that a \
      model against itself shows what fast arithmetic costs. --top-k holds for both.

      The verdict is `pass` when every layer's SQNR and both mean IoUs reach their gates. Gates \
      follow from the candidate's precision: fp32 90 dB and 0.999, fp16 50 dB and 0.995, bf16 \
      30 dB and 0.99, w8 25 dB and 0.99, int8 15 dB and 0.98; of several precisions in one model \
      the lowest gates hold. --min-iou sets another IoU, --tolerance GLOB:VALUE another SQNR in dB.

      EXAMPLES
        stm-verify stm.safetensors int8.safetensors --clip dog --long-edge 320
        stm-verify stm.safetensors int8.safetensors --clip dog --json > dog.json
        stm-verify a.safetensors b.safetensors --clip dog --tolerance 'KV_*.*:25'
        stm-verify stm.safetensors stm.safetensors --clip dog --arithmetic fast
      """)

  @Argument(help: "The model to compare with, usually fp32.") var reference: String
  @Argument(help: "The model to be judged.") var candidate: String
  @Option(help: "A folder with frames/ and masks/.") var clip: String
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var memoryRead: MemoryReadOptions
  @OptionGroup var tolerances: ToleranceOptions
  @Option(help: "The smallest mean IoU allowed, from 0 to 1.") var minIou: Double?
  @Option(help: "How many layers to list, worst first.") var worst = 10
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var backend: ModelBackendOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let minIou, !(0...1).contains(minIou) {
      throw ValidationError("--min-iou: expected 0 to 1, found \(minIou)")
    }
    if worst < 0 { throw ValidationError("--worst: expected at least 0, found \(worst)") }
  }

  func run() throws {
    if let report { try AtomicFile.check(report) }
    let clip = try clipOptions.open(clip)
    let models = (try Model(path: reference), try Model(path: candidate))
    let steps = models.1.network.deployedPrograms.flatMap(\.steps)
    try tolerances.check(selecting: steps.map(\.name))
    let backends = try backend.make(
      reference: models.0.plan, candidate: models.1.plan)
    let progress = Progress("verifying", total: clip.frameCount - 1, isQuiet: output.quiet)
    let result = try ClipVerification(
      reference: models.0, candidate: models.1, clip: clip,
      backends: (backends.reference, backends.candidate),
      gates: .standard(
        for: models.1.plan, minimumIoU: minIou, exceptions: tolerances.exceptions),
      topK: memoryRead.topK, progress: progress.show)
    let report = ClipReport(result, arithmetic: backends.arithmetic.rawValue)
    if let path = self.report { try AtomicFile.write(Array(try report.json.utf8), to: path) }
    try output.show(text: report.text(worst: worst), json: try report.json)
    if !result.passes { throw Tool.gateFailed }
  }
}
