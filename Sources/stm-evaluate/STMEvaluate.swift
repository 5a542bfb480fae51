public import ArgumentParser
import Cluster
import CommandSupport
public import Evaluation
import Files
import Foundation
import Pages
import Reports

/// `stm-evaluate`: scores masks as the field does.
@main struct STMEvaluate: SharedCommand {
  static let configuration = CommandConfiguration(
    commandName: "stm-evaluate",
    abstract: "Scores predicted masks beside the ground truth: J and F, as DAVIS defines them.",
    discussion: """
      J is the intersection over the union of an object's pixels; F is how well its boundary fits, \
      within 0.008 of the diagonal. Of each, over the frames: the mean, the recall (the share above \
      0.5) and the decay (the first quarter's mean less the last's). Of a set: the means over all \
      objects of all sequences. Processes that mpirun starts share the sequences.

      PREDICTIONS and TRUTH are folders of indexed or gray PNGs, folders with one such folder for \
      each sequence, or roots with Annotations in them, as of DAVIS and YouTube-VOS; \
      a clip's folder stands for its masks. Masks are matched by name; predictions may hold more.

      PROTOCOLS
        davis-2017   Objects 1 to n of the first mask, in all frames but the first
                     and the last. Pixels of 255 in the truth are void: background,
                     as in the semi-supervised evaluation, unless --ignore-void
                     leaves them out. An object that is not predicted scores 0 where
                     it is. Other ids in a prediction are refused, as there.
        davis-2016   Whatever is not 0 is the object, in all frames but the first
                     and the last. Masks are indexed, or gray of 0 and 255.
        youtube-vos  Every object in the frames of the truth after the first that
                     it is in, or in those after the first of its list in --meta.
                     Void pixels are left out.
                     With --seen: J and F of the objects whose category is in the
                     training set and of the others, and G, the mean of the four.

      EXAMPLES
        stm-evaluate masks clips/dog --protocol davis-2016 --html dog.html
        stm-evaluate results DAVIS --sequences DAVIS/ImageSets/2017/val.txt \\
          --csv scores.csv
        stm-evaluate results DAVIS --sequences dogs-jump,india --json > scores.json
        mpirun -n 4 stm-evaluate results DAVIS --json > scores.json
        stm-evaluate results valid --protocol youtube-vos --meta valid/meta.json \\
          --seen train/meta.json

      \(Tool.exitCodes)
      """,
    version: Tool.version)

  @Argument(help: "The folder of the masks to be scored.") var predictions: String
  @Argument(help: "The folder of the ground truth.") var truth: String
  @Option(name: .customLong("protocol"), help: "Which frames and objects count.")
  var rules = EvaluationProtocol.davis2017
  @OptionGroup var sequences: SequenceOptions
  @Flag(name: .customLong("first"), help: "Let the first frame count, too; DAVIS only.")
  var countsFirst = false
  @Flag(name: .customLong("last"), help: "Let the last frame count, too; DAVIS only.")
  var countsLast = false
  @Flag(
    help: """
      Leave void pixels of the truth out of predictions, too, as the unsupervised evaluation of \
      DAVIS-2017 does; davis-2017 only.
      """)
  var ignoreVoid = false
  @Option(
    help: ArgumentHelp(
      """
      The meta.json of YouTube-VOS: objects, their categories and frames. (default: what the masks \
      show)
      """, valueName: "file"))
  var meta: String?
  @Option(
    help: ArgumentHelp(
      "The categories of the training set: its meta.json, or a text file with one a line.",
      valueName: "file"))
  var seen: String?
  @Option(
    help: "Threads to read and compare with. Results do not depend on it. (default: one a core)")
  var threads: Int?
  @Option(help: ArgumentHelp("Write every score as CSV to a file.", valueName: "file"))
  var csv: String?
  @Option(help: ArgumentHelp("Write the report as JSON to a file.", valueName: "file"))
  var report: String?
  @Option(
    help: ArgumentHelp(
      "Write a page for people to a file: tables and curves. It needs nothing beside it.",
      valueName: "file"))
  var html: String?
  @Flag(help: "Say how long reading and comparing took, summed over threads and processes.")
  var timing = false
  @OptionGroup var output: OutputOptions

  static func main() { Tool.run(Self.self) }

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads: expected 1 to 1024, found \(threads)")
    }
    if rules == .youtubeVOS && (countsFirst || countsLast) {
      throw ValidationError("--first and --last: expected a protocol of DAVIS, found youtube-vos")
    }
    if rules != .davis2017 && ignoreVoid {
      throw ValidationError(
        "--ignore-void: expected --protocol davis-2017, found \(rules.rawValue)")
    }
    if rules != .youtubeVOS && (meta != nil || seen != nil) {
      throw ValidationError(
        "--meta and --seen: expected --protocol youtube-vos, found \(rules.rawValue)")
    }
    if seen != nil && meta == nil {
      throw ValidationError("--seen: expected --meta, which says what the objects are, found none")
    }
  }

  func run() throws {
    let group = try ProcessGroups.current()
    if group.isFirst { try checkOutputs() }
    Self.keepFreedMemory()
    var options = EvaluationOptions(
      rules, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    (options.countsFirst, options.countsLast) = (countsFirst, countsLast)
    options.ignoresVoid = ignoreVoid
    options.sequences = try sequences.names()
    options.metadata = try meta.map { (try VideoMetadata(path: $0), $0) }
    options.seenCategories = try seen.map(VideoMetadata.categories)
    options.times = timing ? EvaluationTimes() : nil
    let progress = FrameProgress(isQuiet: output.quiet)
    let evaluation = try Evaluation(
      predictions: predictions, truth: truth, options: options, in: group,
      progress: progress.show(_:of:))
    guard group.isFirst else { return }
    let report = EvaluationReport(evaluation, times: options.times)
    if let path = self.report { try AtomicFile.write(Array(try report.json.utf8), to: path) }
    if let csv { try AtomicFile.write(Array(EvaluationTables.csv(evaluation).utf8), to: csv) }
    if let html { try AtomicFile.write(Array(EvaluationPage(evaluation).html.utf8), to: html) }
    try output.show(
      text: EvaluationTables.text(evaluation, times: options.times), json: try report.json)
  }

  /// Checks that outputs can be written, and take the place of nothing that is read.
  private func checkOutputs() throws {
    let folders = try [predictions, truth].flatMap { try MaskFolders(path: $0).paths }
    try Outputs.check(
      [("--csv", csv), ("--report", report), ("--html", html)],
      against: folders + [meta, seen, sequences.file])
    for path in [csv, report, html].compactMap({ $0 }) { try AtomicFile.check(path) }
  }

  /// Has the C library keep what is freed, up to 32 MiB, for what is allocated next.
  ///
  /// It would else give a frame's masks back to the system and fetch the next frame's page by page,
  /// a tenth of the whole time. The limit is twice the largest block that was mapped and freed
  /// (mallopt(3), "dynamic mmap threshold"); this one costs nothing, since nobody writes to it.
  private static func keepFreedMemory() {
    unsafe UnsafeMutableRawPointer.allocate(byteCount: 16 << 20, alignment: 16).deallocate()
  }
}

extension EvaluationProtocol: ExpressibleByArgument {}
