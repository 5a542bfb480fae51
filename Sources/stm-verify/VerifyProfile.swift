import ArgumentParser
import CommandSupport
import Execution
import Files
import Models
import Reports
import Verification

/// `stm-verify profile`: where a model's time goes.
struct VerifyProfile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Measures how long each program and each step of a model takes here.",
    discussion: """
      Runs the deployed programs on noise: memorize (into the memory), query, decode, segment (query and decode), \
      and read, the memory read alone in binary32. Outputs are held, not converted. A step's rate \
      is held against the best that one large convolution in the step's precision reaches on the \
      same backend, in the same run. Two operations count for every product of a convolution or \
      of the memory read, and nothing else counts.

      Compile is what the first run takes beyond the median one. Times depend on the machine and \
      on what else it does, so that two reports of one model differ.

      EXAMPLES
        stm-verify profile stm.safetensors
        stm-verify profile stm.safetensors --arithmetic fast
        stm-verify profile int8.safetensors --size 240x432 --memory 10 --objects 3
        stm-verify profile stm.safetensors --rounds 9 --worst 50 \\
          --report profile.json
      """)

  @Argument(help: "The model.") var model: String
  @Option(
    help: ArgumentHelp(
      "The frame's size in pixels, multiples of 16.", valueName: "heightxwidth"))
  var size = FrameSize(height: 480, width: 864)
  @Option(help: "How many frames the memory holds.") var memory = 4
  @Option(help: "How many objects are followed.") var objects = 1
  @Option(help: "How many runs are timed, after one that is not.") var rounds = 5
  @Option(help: "How many steps to list, slowest first.") var worst = 10
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @OptionGroup var backend: ModelBackendOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try size.check()
    let limits = [
      ("--memory", memory, 1000), ("--objects", objects, 254), ("--rounds", rounds, 1000),
    ]
    for (option, value, limit) in limits where !(1...limit).contains(value) {
      throw ValidationError("\(option): expected 1 to \(limit), found \(value)")
    }
    if worst < 0 { throw ValidationError("--worst: expected at least 0, found \(worst)") }
    try Outputs.check([("--report", report)], against: [model])
  }

  func run() throws {
    if let report { try AtomicFile.check(report) }
    let model = try Model(path: model)
    let progress = Progress("profiling", total: Profile.stages, isQuiet: output.quiet)
    let made = try backend.make(for: model.plan)
    let profile = try Profile(
      of: model,
      extents: ProfileExtents(
        height: size.extents[0], width: size.extents[1], memory: memory, objects: objects,
        rounds: rounds),
      backend: made, progress: progress.show)
    let arithmetic = made is ReferenceBackend ? .exact : backend.arithmetic
    let report = ProfileReport(profile, arithmetic: arithmetic.rawValue)
    if let path = self.report { try AtomicFile.write(Array(try report.json.utf8), to: path) }
    try output.show(text: report.text(worst: worst), json: try report.json)
  }
}
