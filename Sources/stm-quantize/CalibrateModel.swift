import ArgumentParser
import Cluster
import CommandSupport
import Files
import Models
import Quantization
import Reports
import Segmentation
import Tuning

/// `stm-quantize calibrate`: statistics of a model's values over clips.
struct CalibrateModel: SharedCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Counts what a model's values are over clips, for stm-quantize write --statistics.",
    discussion: """
      Segments the clips with the fp32 model and counts every value of the three programs in a \
      histogram of at most 2048 bins, with its exact minimum and maximum. The result is JSON \
      (Schemas/calibration-statistics.schema.json) that write takes again and again, with any \
      --method. It depends neither on the order of the clips nor on threads, nor on how many \
      processes share the clips.

      It may be edited: "range": {"minimum": -4, "maximum": 6} beside a value's minimum decides on \
      its range, whatever the method; a minimum or maximum of its own limits what methods find.

      EXAMPLES
        stm-quantize calibrate stm.safetensors clips/dog clips/cat --frames 12 \\
          -o statistics.json
        stm-quantize stm.safetensors -o int8.safetensors --precision int8 \\
          --statistics statistics.json --method mse
        mpirun -n 4 stm-quantize calibrate stm.safetensors clips/* -o statistics.json
      """)

  @Argument(help: "The fp32 model.") var model: String
  @Argument(help: ArgumentHelp("Folders with frames/ and masks/.", valueName: "clip"))
  var clips: [String]
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write the statistics to.", valueName: "file"))
  var output: String
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var backend: BackendOptions
  @OptionGroup var show: OutputOptions

  func validate() throws {
    try Outputs.check(
      [("--output", output)], against: [model] + ClipOptions.folders(of: clips))
  }

  func run() throws {
    let group = try ProcessGroups.current()
    if group.isFirst { try AtomicFile.check(output) }
    let clips = try clips.map(clipOptions.open)
    let statistics = try CalibrationStatistics(
      of: try Model(path: model), over: clips, clipOptions, backend, in: group,
      isQuiet: show.quiet)
    guard group.isFirst else { return }
    try AtomicFile.write(Array(try statistics.json.utf8), to: output)
    let report = CalibrationReport(statistics)
    try show.show(text: report.text(output: output), json: try report.json)
  }
}

extension CalibrationStatistics {
  /// The statistics of `model` over `clips`, which `clipOptions` opened and the processes of `group`
  /// share, with a progress bar for each.
  init(
    of model: Model, over clips: [Segmentation.Clip], _ clipOptions: ClipOptions,
    _ backend: BackendOptions, in group: any ProcessGroup = SingleProcess(), isQuiet: Bool
  ) throws {
    var settings = ["backend": backend.name]
    settings["long-edge"] = clipOptions.longEdge.map(String.init)
    var calibration = try Calibration(model, backend: try backend.make(), settings: settings)
    let counted = try group.together {
      for (index, clip) in clips.enumerated() where group.owns(index) {
        let progress = Progress(
          "calibrating on \(clip.name)", total: clip.frameCount - 1, isQuiet: isQuiet)
        try calibration.include(clip, progress: progress.show)
      }
      return group.count > 1 ? try calibration.counts : nil
    }
    for case (let rank, let counts?) in counted.enumerated() where rank != group.rank {
      try calibration.include(counts)
    }
    self = calibration.statistics
  }
}
