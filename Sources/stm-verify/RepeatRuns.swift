import ArgumentParser
import CommandSupport
import Execution
import Files
import Finding
import Models
import Quantization
import Reports
import Segmentation

/// `stm-verify repeat`: the same bytes every time.
struct RepeatRuns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repeat",
    abstract: "Runs a model again and again, and checks that it makes the same bytes.",
    discussion: """
      Segments the clip --times times with each number of --threads, on the model's own masks, and \
      hashes the bits of every layer's value, of the probabilities and of the masks. The first layer \
      and frame of each run that differ from the first run's are named. Runs of one machine and one \
      version of the tools agree, or the exit code is 1; the sums of other processors may round \
      otherwise.

      EXAMPLES
        stm-verify repeat stm.safetensors --clip clips/dog --frames 5
        stm-verify repeat int8.safetensors --clip clips/dog --threads 1,2,8 --times 3
        stm-verify repeat stm.safetensors --clip clips/dog --arithmetic fast \\
          --report bytes.json
      """)

  @Argument(help: "The model.") var model: String
  @Option(help: "A folder with frames/ and masks/.") var clip: String
  @OptionGroup var clipOptions: ClipOptions
  @OptionGroup var memoryRead: MemoryReadOptions
  @Option(help: ArgumentHelp("The numbers of threads to run with.", valueName: "n,..."))
  var threads = ThreadCounts([1, 2, 4])
  @Option(help: "How often to run with each.") var times = 2
  @Option(help: "What computes: auto, onednn or reference.")
  var backend = BackendOptions.Choice.auto
  @Option(help: "How convolutions are summed: exact, or fast, which goes with onednn only.")
  var arithmetic = Arithmetic.exact
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if times < 1 { throw ValidationError("--times: expected at least 1, found \(times)") }
    if Set(threads.counts).count < threads.counts.count {
      throw ValidationError("--threads: expected each number once, found \(threads)")
    }
    if times * threads.counts.count < 2 {
      throw ValidationError(
        "--times and --threads: expected at least 2 runs to compare, found 1")
    }
    if arithmetic == .fast && backend == .reference {
      throw ValidationError("--arithmetic fast: expected --backend onednn, found reference")
    }
    try Outputs.check(
      [("--report", report)], against: [model] + ClipOptions.folders(of: [clip]))
  }

  func run() throws {
    if let report { try AtomicFile.check(report) }
    let clip = try clipOptions.open(clip)
    let model = try Model(path: model)
    let backends = try threads.counts.map { count in
      let options = try BackendOptions.parse([
        "--backend", backend.rawValue, "--threads", "\(count)",
      ])
      return (count, try options.make(for: model.plan, arithmetic: arithmetic))
    }
    let progress = Progress(
      "repeating", total: (clip.frameCount - 1) * backends.count * times, isQuiet: output.quiet)
    let repetition = try Repetition(
      of: model, over: clip, on: backends, times: times, topK: memoryRead.topK,
      progress: progress.show)
    let result = RepetitionReport(repetition, precision: model.plan.name)
    if let report { try AtomicFile.write(Array(try result.json.utf8), to: report) }
    try output.show(text: result.text, json: try result.json)
    if !result.passes { throw Tool.gateFailed }
  }
}

/// Numbers of threads, as in `1,2,4`.
struct ThreadCounts: ExpressibleByArgument, CustomStringConvertible {
  let counts: [Int]

  init(_ counts: [Int]) { self.counts = counts }

  /// Parses numbers from 1 to 1024 with commas between them.
  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    counts = parts.compactMap { Int($0) }
    guard counts.count == parts.count, counts.allSatisfy((1...1024).contains) else { return nil }
  }

  var description: String { counts.map(String.init).joined(separator: ",") }

  var defaultValueDescription: String { description }
}
