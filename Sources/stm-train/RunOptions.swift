import ArgumentParser
import CommandSupport
import Files

/// The folder of a run, and what is written there.
struct RunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Keep the run in this folder: checkpoints/, metrics.jsonl with a line for each step, curves.html \
      and report.json.
      """, valueName: "dir"))
  var run: String?
  @Option(
    help: ArgumentHelp(
      "Write a checkpoint every so many steps, and at the end. (default: a tenth of the steps)",
      valueName: "steps"))
  var checkpointEvery: Int?
  @Flag(
    help: """
      Go on with the run in --run from its last checkpoint, to the weights that it would have come to \
      without a break.
      """)
  var resume = false
  @Flag(
    help: """
      With --resume: go on although names or sizes of files that are trained on have changed, as when \
      one was repaired.
      """)
  var allowOtherFiles = false

  func validate() throws {
    if run == nil && resume {
      throw ValidationError(
        "--resume: expected --run, found none",
        hint: "name the folder of the run to go on with: --run FOLDER")
    }
    if allowOtherFiles && !resume {
      throw ValidationError("--allow-other-files: expected --resume, found none")
    }
    if run == nil && checkpointEvery != nil {
      throw ValidationError("--checkpoint-every: expected --run, found none")
    }
    if let checkpointEvery, checkpointEvery < 1 {
      throw ValidationError("--checkpoint-every: expected at least 1, found \(checkpointEvery)")
    }
  }

  /// The files that are written, with the option that says where.
  var outputs: [(option: String, path: String?)] {
    guard let run else { return [] }
    return [("--run", run)]
      + ["metrics.jsonl", "curves.html", "report.json"].map { name in
        ("--run", "\(run)/\(name)")
      }
  }
}
