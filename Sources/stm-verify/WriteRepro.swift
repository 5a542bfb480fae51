import ArgumentParser
import CommandSupport
import Execution
import Files
import Finding
import Models
import Networks
import Reports
import STMModel
import Segmentation
import Verification

/// `stm-verify repro`: one failing layer as a case that runs alone.
struct WriteRepro: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repro",
    abstract: "Writes one layer in one frame as a case that runs alone.",
    discussion: """
      The case is a folder: what the layer reads, its weights and attributes in both models, and what \
      both make of it, in safetensors and JSON, with a README.md that says so. It takes neither the \
      models nor the clip to run it: 'stm-verify run-repro'. The candidate's layer is given the \
      reference's values, so that the error is its own, the same to the last bit as in isolated mode.

      Unless told otherwise the layer is the first cause that 'stm-verify clip' names, and the frame \
      the one in which its error is largest. The exit code is 1 where no layer is named and none is \
      beyond its tolerance.

      EXAMPLES
        stm-verify repro stm.safetensors int8.safetensors --clip clips/dog -o case
        stm-verify repro stm.safetensors int8.safetensors --clip clips/dog \\
          --layer Decoder.RF3.ResMM.conv2 --frame 7 -o case
      """)

  @Argument(help: "The model to compare with, usually fp32.") var reference: String
  @Argument(help: "The model to be judged.") var candidate: String
  @Option(help: "A folder with frames/ and masks/.") var clip: String
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var memoryRead: MemoryReadOptions
  @OptionGroup var tolerances: ToleranceOptions
  @Option(help: "The layer. (default: the first cause)") var layer: String?
  @Option(help: "The frame's number. (default: that of the largest error)") var frame: Int?
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder to write, new or empty.", valueName: "dir"))
  var output: String
  @OptionGroup var backend: ModelBackendOptions
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if frame != nil && layer == nil {
      throw ValidationError("--frame: expected --layer beside it, found none")
    }
  }

  func run() throws {
    try ReproCase.check(output)
    let clip = try clipOptions.open(clip)
    let models = (try Model(path: reference), try Model(path: candidate))
    let steps = models.1.network.deployedPrograms.flatMap(\.steps)
    try tolerances.check(selecting: steps.map(\.name))
    let backends = try backend.make(reference: models.0.plan, candidate: models.1.plan)
    let pair: (reference: any Backend, candidate: any Backend) = (
      backends.reference, backends.candidate
    )
    let criteria = ClipCriteria(tolerances: tolerances.exceptions, gates: [])
    let step =
      try layer.map { name in
        try ReproCase.step(name, of: models.1.network).name
      }
    let (name, frame) = try place(step, models, clip, pair, criteria)
    let progress = Progress("recording", total: clip.frameCount - 1, isQuiet: show.quiet)
    let repro = try ReproCase(
      of: name, frame: frame, reference: models.0, candidate: models.1, clip: clip, backends: pair,
      arithmetic: backends.arithmetic, criteria: criteria, topK: memoryRead.topK,
      progress: progress.show)
    progress.show(clip.frameCount - 1)
    try repro.write(to: output)
    let report = ReproReport(
      repro, nil, backend: repro.origin.backend, arithmetic: repro.origin.arithmetic)
    try show.show(text: report.text(path: output), json: try report.json)
  }

  /// The layer and the frame asked for, or else the first cause and the frame of its largest error.
  private func place(
    _ layer: String?, _ models: (Model, Model), _ clip: Clip,
    _ backends: (reference: any Backend, candidate: any Backend), _ criteria: ClipCriteria
  ) throws -> (layer: String, frame: Int) {
    if let layer, let frame { return (layer, frame) }
    let progress = Progress("verifying", total: clip.frameCount - 1, isQuiet: show.quiet)
    let result = try ClipVerification(
      reference: models.0, candidate: models.1, clip: clip, backends: backends, criteria: criteria,
      topK: memoryRead.topK, progress: progress.show)
    let found = layer.map { name in result.layers.first { $0.name == name } } ?? result.firstCause
    guard let found else { throw FindingError.noCause }
    let worst = found.isolated.frames.min { $0.metrics.sqnr < $1.metrics.sqnr }
    return (found.name, worst?.index ?? 0)
  }
}

/// `stm-verify run-repro`: a case that 'stm-verify repro' wrote.
struct RunRepro: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run-repro",
    abstract: "Runs a layer that 'stm-verify repro' wrote, alone, and prints its error.",
    discussion: """
      Runs the layer of both models on what the case holds, and holds the candidate's value against \
      the reference's stored one. The exit code is 0 where the layer is within its tolerance, as it \
      is once a defect is mended, and else 1. On the backend and processor that the case is of, both \
      values have the stored bytes.

      EXAMPLES
        stm-verify run-repro case
        stm-verify run-repro case --backend reference
        stm-verify run-repro case --json
      """)

  @Argument(help: "The folder of the case.") var path: String
  @OptionGroup var backend: ModelBackendOptions
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var show: OutputOptions

  func validate() throws {
    try Outputs.check([("--report", report)], against: ReproCase.files(in: path))
  }

  func run() throws {
    if let report { try AtomicFile.check(report) }
    let repro = try ReproCase(path: path)
    let backends = try backend.make(
      reference: repro.plans.reference, candidate: repro.plans.candidate)
    let outcome = try repro.run(on: (backends.reference, backends.candidate))
    let result = ReproReport(
      repro, outcome, backend: type(of: backends.candidate).name,
      arithmetic: backends.arithmetic.rawValue)
    if let report { try AtomicFile.write(Array(try result.json.utf8), to: report) }
    try show.show(text: result.text(path: path), json: try result.json)
    if !result.passes { throw Tool.gateFailed }
  }
}
