import ArgumentParser
import CommandSupport
import Files
import Finding
import Models
import Networks
import Reports
import STMModel
import Safetensors
import Tensors
import Verification

/// `stm-verify bisect`: which layers must be kept wide.
struct BisectLayers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bisect",
    abstract: "Finds the smallest set of layers to keep in fp32 so that the gates hold.",
    discussion: """
      A layer is kept wide by giving the candidate the reference's weights and precision. Delta \
      debugging (Zeller and Hildebrandt, 2002) starts from the layers that add the most error \
      themselves, given the reference's values, and gives up what is not needed. Where it ends within \
      --max-runs, giving up any one of the layers that are left breaks a gate; another set may still \
      be smaller. Where the candidate is in fp16 or bf16 what programs are given, images and what one \
      program hands another, counts as a layer of its own.

      Gates are those of 'stm-verify clip', which --help of it explains: those given, or else those of \
      the candidate's precision. --check asks a command instead, which the shell runs with the path of \
      a mixed model in the place of {}, or behind it: exit code 0 says that it will do, 1 to 124 that \
      it will not, 125 that it cannot be judged, as in 'git bisect run'; any other ends the search.

      The exit code is 1 where not even all layers kept wide are enough.

      EXAMPLES
        stm-verify bisect stm.safetensors int8.safetensors --clip dog \\
          --gate 'iou(worst) >= 0.99'
        stm-verify bisect stm.safetensors fp16.safetensors --clip dog --frames 5 \\
          --long-edge 320 --gate 'sqnr(Decoder.**) >= 60' --max-runs 40 \\
          -o mixed.safetensors
        stm-verify bisect stm.safetensors int8.safetensors --clip dog \\
          --check 'python judge.py --model {} --threshold 0.8'
      """)

  @Argument(help: "The fp32 model.") var reference: String
  @Argument(help: "The model that will not do.") var candidate: String
  @Option(help: "A folder with frames/ and masks/.") var clip: String
  @OptionGroup var clipOptions: ClipOptions
  @Option(
    name: .customLong("gate"),
    help: ArgumentHelp("What must hold, as in 'iou(mean) >= 0.99'.", valueName: "expression"))
  var gates: [String] = []
  @Option(
    help: ArgumentHelp("A command that says whether a model will do.", valueName: "command"))
  var check: String?
  @Option(help: "The most mixed models to judge.") var maxRuns = 64
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the mixed model that was found to a file.", valueName: "file"))
  var output: String?
  @Option(help: "How many of the layers to keep to list, worst first.") var worst = 12
  @OptionGroup var backend: ModelBackendOptions
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var show: OutputOptions

  func validate() throws {
    if check != nil && !gates.isEmpty {
      throw ValidationError("--check and --gate: expected one of them, found both")
    }
    if maxRuns < 2 { throw ValidationError("--max-runs: expected at least 2, found \(maxRuns)") }
    if worst < 0 { throw ValidationError("--worst: expected at least 0, found \(worst)") }
    try Outputs.check(
      [("--output", output), ("--report", report)],
      against: [reference, candidate] + ClipOptions.folders(of: [clip]))
  }

  func run() throws {
    for path in [output, report].compactMap(\.self) { try AtomicFile.check(path) }
    let asked = try gates.map { try Gate($0) }
    let clip = try clipOptions.open(clip)
    let models = (try Model(path: reference), try Model(path: candidate))
    let steps = models.1.network.deployedPrograms.flatMap(\.steps).map(\.name)
    for gate in asked { try gate.check(selecting: steps) }
    let standing = asked.isEmpty ? ClipCriteria.standard(for: models.1.plan).gates : asked
    let backends = try backend.make(reference: models.0.plan, candidate: models.1.plan)
    let progress = Progress("bisecting", total: maxRuns, isQuiet: show.quiet)
    let sources = try [reference, candidate].map { try Provenance.Source(path: $0) }
    let bisection = try Bisection(
      reference: models.0, candidate: models.1, clip: clip,
      backends: (backends.reference, backends.candidate),
      judge: check.map { .command(CommandJudge($0, isQuiet: show.quiet)) } ?? .gates(standing),
      maximumRuns: maxRuns, write: { try write($0, to: $1, sources) }, progress: progress.show)
    progress.show(maxRuns)
    let result = BisectionReport(
      bisection, judge: check ?? standing.map(\.description).joined(separator: ", "))
    if let report { try AtomicFile.write(Array(try result.json.utf8), to: report) }
    if let output, result.passes { try write(bisection.model, to: output, sources) }
    try show.show(text: result.text(worst: worst, output: output), json: try result.json)
    if !result.passes { throw Tool.gateFailed }
  }

  private func write(_ model: Model, to path: String, _ sources: [Provenance.Source]) throws {
    let metadata = ModelMetadata(
      configuration: model.configuration, plan: model.plan,
      provenance: Provenance(sources: sources, settings: ["command": "stm-verify bisect"]))
    try SafetensorsFile.write(
      try TensorArchive(model.weights.entries, metadata: metadata.entries), to: path)
  }
}
