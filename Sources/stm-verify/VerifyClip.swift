import ArgumentParser
import Cluster
import CommandSupport
import Execution
import Files
import Models
import Networks
import Pages
import Reports
import STMModel
import Segmentation
import Verification

/// `stm-verify clip`: two precisions of one model over a clip.
struct VerifyClip: SharedCommand {
  static let configuration = CommandConfiguration(
    commandName: "clip",
    abstract: "Compares two precisions of a model over a clip. This is the default.",
    discussion: """
      Runs the whole loop in both: memorize, memory read, decode. The candidate runs three times: \
      isolated, where each layer is given what the reference's layers made; teacher-forced, \
      memorizing the reference's masks, so that errors accumulate from layer to layer; and \
      free-running, memorizing its own masks, so that they feed back. The reference always has \
      exact arithmetic, the candidate what --arithmetic says. --top-k holds for both.

      TOLERANCES say how much error a layer may add itself: when it is given the reference's values, \
      what it contributes (its value, less the residual that it is added to) must lie above its \
      error by 90 dB in fp32, 45 in fp16, 28 in bf16 and w8 and 19 in int8, or by what \
      --tolerance GLOB:DB says; a layer that reads or makes what is held in a coarser precision \
      counts as that. A channel whose error energy is 30 times that of the median channel may keep 15 dB \
      less. The first layer beyond its tolerance is the first cause.

      GATES say what must come of it. The mean IoU, teacher-forced and free-running, and the \
      accumulated SQNR of every layer must reach 0.999 and 90 dB in fp32, 0.995 and 50 in fp16, \
      0.99 and 30 in bf16, 0.99 and 25 in w8, 0.98 and 15 in int8; of several precisions in one \
      model the lowest. --gate adds others or takes the place of these: METRIC(SELECTOR) >= NUMBER, \
      or <=, >, <. Of layers, selected by a pattern: \(Self.names(LayerMetric.self)), \
      accumulated unless 'isolated.' comes first. Of masks, over frames and objects mean, min, max \
      or worst: \(Self.names(MaskMetric.self)), in both runs unless 'forced.' or 'free.' comes first. \
      j and f are those of the DAVIS evaluation with the ground truth, iou and boundary the same \
      with the reference's masks.

      SETS: --clips compares over every clip of a folder. The roll-up has means in which every clip \
      counts the same, each layer in its worst clip, and the clips by their masks, worst first. Gates \
      are held against the whole set: of layers in every clip, of masks as their summary says over \
      all. A clip that cannot be read is named and makes the set fail; the others go on. Processes that \
      mpirun starts share the clips.

      EXAMPLES
        stm-verify stm.safetensors int8.safetensors --clip dog --long-edge 320
        stm-verify stm.safetensors int8.safetensors --clip dog --json > dog.json
        stm-verify stm.safetensors int8.safetensors --clip dog --html dog.html
        stm-verify a.safetensors b.safetensors --clip dog --tolerance 'KV_*.*:25'
        stm-verify a.safetensors b.safetensors --clip dog --junit parity.xml \\
          --gate 'iou(worst) >= 0.95' \\
          --gate 'isolated.saturated(Decoder.**) <= 0.1 %'
        stm-verify stm.safetensors stm.safetensors --clip dog --arithmetic fast
        stm-verify stm.safetensors int8.safetensors --clip dog --timing
        stm-verify stm.safetensors int8.safetensors --clips DAVIS --report davis
        stm-verify stm.safetensors int8.safetensors --clips DAVIS \\
          --sequences dog,camel
        mpirun -n 4 stm-verify stm.safetensors int8.safetensors --clips DAVIS \\
          --report davis
      """)

  /// The clips of a set are shared, the frames of one clip are not.
  var sharesWork: Bool { clips != nil }

  private static func names<Name: CaseIterable & RawRepresentable>(_: Name.Type) -> String
  where Name.RawValue == String {
    Name.allCases.map(\.rawValue).joined(separator: ", ")
  }

  @Argument(help: "The model to compare with, usually fp32.") var reference: String
  @Argument(help: "The model to be judged.") var candidate: String
  @Option(help: "A folder with frames/ and masks/.") var clip: String?
  @Option(
    help: ArgumentHelp(
      "A folder of such folders, or one with JPEGImages/ and Annotations/ as in DAVIS.",
      valueName: "dir"))
  var clips: String?
  @OptionGroup var sequences: SequenceOptions
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var memoryRead: MemoryReadOptions
  @OptionGroup var tolerances: ToleranceOptions
  @Option(
    name: .customLong("gate"),
    help: ArgumentHelp(
      "Another gate, as in 'sqnr(Decoder.**) >= 25'.", valueName: "expression"))
  var gates: [String] = []
  @Option(help: "The smallest mean IoU allowed, from 0 to 1: --gate 'iou(mean) >= ...'.")
  var minIou: Double?
  @Option(help: "How many layers to list, worst first.") var worst = 8
  @Option(
    help: ArgumentHelp(
      "Write the report as JSON to a file; of --clips, roll-up.json and clips/NAME.json to a folder.",
      valueName: "file"))
  var report: String?
  @Option(
    help: ArgumentHelp(
      "Write JUnit XML to a file: a case for each layer and gate.", valueName: "file"))
  var junit: String?
  @Option(
    help: ArgumentHelp(
      "Write every layer, its channels and its frames as CSV to a file.", valueName: "file"))
  var layersCsv: String?
  @Option(
    help: ArgumentHelp(
      "Write every object of every frame as CSV to a file.", valueName: "file"))
  var framesCsv: String?
  @Option(
    help: ArgumentHelp(
      """
      Write a page for people to a file: charts, every layer, the worst frames in pictures. It needs \
      nothing beside it.
      """, valueName: "file"))
  var html: String?
  @Flag(
    help: """
      Measure speed and memory of both models, each by itself in a process of its own; the report \
      then differs between runs.
      """)
  var timing = false
  @OptionGroup var backend: ModelBackendOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let minIou, !(0...1).contains(minIou) {
      throw ValidationError("--min-iou: expected 0 to 1, found \(minIou)")
    }
    guard (clip == nil) != (clips == nil) else {
      throw ValidationError(
        "expected one of --clip and --clips, found \(clip == nil ? "neither" : "both")",
        hint: "--clip names a folder with frames/ and masks/, --clips a folder of such")
    }
    for (option, path) in [
      ("--junit", junit), ("--layers-csv", layersCsv), ("--frames-csv", framesCsv),
      ("--html", html),
    ] where clips != nil && path != nil {
      throw ValidationError("\(option): expected --clip, found --clips, which writes --report")
    }
    if !sequences.takesAll && clips == nil {
      throw ValidationError("--sequences: expected --clips, found --clip")
    }
    if timing && clips != nil {
      throw ValidationError("--timing: expected --clip, found --clips")
    }
    if worst < 0 { throw ValidationError("--worst: expected at least 0, found \(worst)") }
    let mean = Gate.Subject.masks(.iou, nil, .mean)
    if minIou != nil, let gate = gates.first(where: { (try? Gate($0))?.subject == mean }) {
      throw ValidationError("--min-iou: expected no other gate of \(mean), found '\(gate)'")
    }
    try Outputs.check(
      [
        ("--report", report), ("--junit", junit), ("--layers-csv", layersCsv),
        ("--frames-csv", framesCsv), ("--html", html),
      ], against: [reference, candidate] + ClipOptions.folders(of: [clip].compactMap(\.self)))
  }

  func run() throws {
    guard let folder = clip else { return try runSet() }
    for path in [report, junit, layersCsv, framesCsv, html].compactMap({ $0 }) {
      try AtomicFile.check(path)
    }
    let gates = try gates.map { try Gate($0) }
    let clip = try clipOptions.open(folder)
    let models = (try Model(path: reference), try Model(path: candidate))
    let steps = models.1.network.deployedPrograms.flatMap(\.steps).map(\.name)
    try tolerances.check(selecting: steps)
    for gate in gates {
      try gate.check(selecting: steps)
      try gate.check(against: [clip])
    }
    let backends = try backend.make(
      reference: models.0.plan, candidate: models.1.plan)
    let timing = try timing ? measure(folder) : nil
    let progress = Progress("verifying", total: clip.frameCount - 1, isQuiet: output.quiet)
    let result = try ClipVerification(
      reference: models.0, candidate: models.1, clip: clip,
      backends: (backends.reference, backends.candidate),
      criteria: .standard(
        for: models.1.plan, minimumIoU: minIou, tolerances: tolerances.exceptions, gates: gates),
      topK: memoryRead.topK, keptPictures: html == nil ? 0 : ParityPage.pictureCount,
      progress: progress.show)
    let subject = ClipSubject(
      reference: try ClipSubject.Side(models.0), candidate: try ClipSubject.Side(models.1),
      clip: clip)
    let report = ClipReport(
      result, of: subject, arithmetic: backends.arithmetic.rawValue, timing: timing)
    try write(try report.json, to: self.report)
    try write(JUnitReport(result).xml, to: junit)
    try write(ClipTables.layers(result), to: layersCsv)
    try write(ClipTables.frames(result), to: framesCsv)
    try write(
      try ParityPage(
        result, arithmetic: backends.arithmetic.rawValue, reference: models.0,
        candidate: models.1, clip: clip, timing: timing
      ).html, to: html)
    try output.show(text: report.text(worst: worst), json: try report.json)
    if !result.passes { throw Tool.gateFailed }
  }

  /// Speed and memory of both models over `clip`, measured before this process computes anything.
  private func measure(_ clip: String) throws -> TimingReport {
    let options = ["--clip", clip] + clipOptions.arguments + memoryRead.arguments
    return TimingReport(
      reference: try MeasureRun.side(
        of: reference, options + backend.arguments(isExact: true)),
      candidate: try MeasureRun.side(of: candidate, options + backend.arguments()))
  }

  /// Compares over every clip of a set.
  private func runSet() throws {
    let gates = try gates.map { try Gate($0) }
    let set = try ClipSet(path: clips ?? "", names: try sequences.names())
    let folders = set.members.flatMap { [$0.frames, $0.masks] }
    for path in report.map({ ClipSetRun.files(in: $0, over: set) }) ?? [] {
      try Outputs.check(
        [("--report", path)], against: [reference, candidate, sequences.file] + folders)
    }
    let models = (reference: try Model(path: reference), candidate: try Model(path: candidate))
    let steps = models.candidate.network.deployedPrograms.flatMap(\.steps).map(\.name)
    try tolerances.check(selecting: steps)
    for gate in gates { try gate.check(selecting: steps) }
    let backends = try backend.make(
      reference: models.reference.plan, candidate: models.candidate.plan)
    let run = ClipSetRun(
      models: models, backends: (backends.reference, backends.candidate),
      arithmetic: backends.arithmetic.rawValue,
      criteria: .standard(
        for: models.candidate.plan, minimumIoU: minIou, tolerances: tolerances.exceptions,
        gates: gates),
      topK: memoryRead.topK, folder: report)
    let (result, report) = try run.report(
      over: set, options: clipOptions, in: ProcessGroups.current(), isQuiet: output.quiet)
    try output.show(text: report.text(worst: worst), json: try report.json)
    if !result.passes { throw Tool.gateFailed }
  }

  private func write(_ text: @autoclosure () throws -> String, to path: String?) throws {
    if let path { try AtomicFile.write(Array(try text().utf8), to: path) }
  }
}
