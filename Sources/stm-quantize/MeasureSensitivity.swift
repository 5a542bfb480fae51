import ArgumentParser
import CommandSupport
import Files
import Models
import Quantization
import Reports
import Segmentation
import Tuning

/// `stm-quantize sensitivity`: what int8 costs layer by layer.
struct MeasureSensitivity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sensitivity",
    abstract: "Measures what int8 costs in each layer alone.",
    discussion: """
      Segments the clips with the fp32 model and then, on its masks, with one layer at a time in \
      int8, with its weights, or what it reads, alone in 8 bits, and with the layer alone in fp32 and \
      the rest in int8. Layers are ranked by the noise of the logits, error energy over signal \
      energy, the mean of the clips: it adds up over layers, which dB do not. IoU is that of the clip \
      that fares worst, with the fp32 masks.

      --statistics or --calibrate says where ranges of activations come from; --frames and \
      --long-edge hold for every clip. A few frames are enough for a ranking.

      EXAMPLES
        stm-quantize sensitivity stm.safetensors --calibrate clips/dog \\
          --clip clips/dog --frames 5 --long-edge 320
        stm-quantize sensitivity stm.safetensors --statistics statistics.json \\
          --clip clips/dog --clip clips/cat --frames 5 --csv layers.csv
      """)

  @Argument(help: "The fp32 model.") var model: String
  @Option(
    help: ArgumentHelp(
      "A clip to calibrate on. May be given several times.", valueName: "clip"))
  var calibrate: [String] = []
  @OptionGroup var ranges: RangeOptions
  @Option(
    name: .customLong("clip"),
    help: ArgumentHelp("A clip to measure on. May be given several times.", valueName: "clip"))
  var clips: [String] = []
  @Flag(help: "Hold 8-bit weights within -63...63.") var reduceRange = false
  @OptionGroup var repairs: RepairOptions
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var backend: BackendOptions
  @Option(help: "How many layers to list, the most harmful first.") var worst = 20
  @Option(help: ArgumentHelp("Write the layers as CSV to a file.", valueName: "file"))
  var csv: String?
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if clips.isEmpty { throw ValidationError("--clip: expected at least one, found none") }
    if (ranges.statistics == nil) == calibrate.isEmpty {
      throw ValidationError(
        "expected --statistics or --calibrate, found "
          + (calibrate.isEmpty ? "neither" : "both"))
    }
    if worst < 0 { throw ValidationError("--worst: expected at least 0, found \(worst)") }
    try Outputs.check(
      [("--csv", csv), ("--report", report)],
      against: [model] + ranges.inputs + ClipOptions.folders(of: clips + calibrate))
  }

  func run() throws {
    for path in [csv, report].compactMap(\.self) { try AtomicFile.check(path) }
    let clips = try clips.map(clipOptions.open)
    let calibrating = try calibrate.map(clipOptions.open)
    let source = try Model(path: model)
    try source.requireFloat32()
    try repairs.validate([PrecisionPlan(.int8)], ranges.method)
    let statistics =
      try ranges.readStatistics()
      ?? CalibrationStatistics(
        of: source, over: calibrating, clipOptions, backend, isQuiet: show.quiet)
    let total = clips.reduce(0) { $0 + $1.frameCount - 1 }
    let segmenting = Progress("segmenting", total: total, isQuiet: show.quiet)
    let evaluation = try PlanEvaluation(
      source,
      PlanQuantization(
        statistics: statistics, method: ranges.method,
        weights: try repairs.quantization(
          of: source, reducesRange: reduceRange, [PrecisionPlan(.int8)], ranges.method, statistics,
          calibrating, backend, isQuiet: show.quiet)),
      backend: try backend.make(for: PrecisionPlan(.int8)), clips: clips,
      progress: segmenting.show)
    var progress: Progress?
    let sensitivity = try Sensitivity(of: evaluation) { done, total in
      progress = progress ?? Progress("measuring layers", total: total, isQuiet: show.quiet)
      progress?.show(done)
    }
    let report = SensitivityReport(sensitivity, method: ranges.method)
    if let csv { try AtomicFile.write(Array(report.csv.utf8), to: csv) }
    if let path = self.report { try AtomicFile.write(Array(try report.json.utf8), to: path) }
    try show.show(text: report.text(worst: worst), json: try report.json)
  }
}
