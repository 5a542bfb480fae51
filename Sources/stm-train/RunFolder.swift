import Cluster
import Differentiation
import Files
import Pages
import Reports
import Training

/// The folder of a run.
///
///     RUN/checkpoints/step-00000200.safetensors   the last of them, and the best
///     RUN/metrics.jsonl                           a line for each step and validation
///     RUN/curves.html                             the same as curves
///     RUN/report.json                             what came of it
struct RunFolder {
  /// How many checkpoints are kept beside the best.
  private static let kept = 2

  /// The checkpoints.
  let checkpoints: CheckpointFolder
  /// The log, in the process that writes.
  let log: MetricsLog?

  private let path: String
  /// The groups of settings that may be other than those of a checkpoint.
  private let accepted: [String]

  /// The folder at `path` for `trainer`, which goes on from its last checkpoint where `resuming`;
  /// where there is none yet, it begins. Settings of the groups `accepted` may be others than before.
  ///
  /// Throws `TrainingError.folderInUse` for a training that begins where another was, or what reading
  /// and creating files throws.
  init<Kernels: DifferentiableKernels>(
    path: String, resuming: Bool, accepting accepted: [String],
    _ trainer: inout Trainer<Kernels>, in group: any ProcessGroup
  ) throws {
    (self.path, self.accepted) = (path, accepted)
    checkpoints = try CheckpointFolder(path: "\(path)/checkpoints", keeping: Self.kept)
    if !resuming { try checkpoints.checkIsUnused() }
    let latest = String(
      decoding: try group.broadcast(Array((try checkpoints.latest ?? "").utf8)), as: UTF8.self)
    if resuming, !latest.isEmpty {
      try trainer.resume(from: latest, accepting: accepted)
    }
    let file = "\(path)/metrics.jsonl"
    guard group.isFirst else {
      log = nil
      return
    }
    log =
      try resuming && !latest.isEmpty
      ? MetricsLog(resuming: file, after: trainer.step) : MetricsLog(creating: file)
  }

  /// Takes `trainer` back to the checkpoint after `step` steps. Throws what reading it throws.
  func goBack<Kernels: DifferentiableKernels>(
    _ trainer: inout Trainer<Kernels>, to step: Int
  ) throws {
    try trainer.resume(from: checkpoints.file(of: step), accepting: accepted)
  }

  /// What the log holds. Throws what reading it throws.
  var lines: [MetricsLine] { get throws { try MetricsLog.lines(of: "\(path)/metrics.jsonl") } }

  /// Writes a checkpoint, with the log up to it. Throws what writing throws.
  func save(_ state: TrainingState) throws {
    try log?.sync()
    try checkpoints.save(state)
  }

  /// Writes the page and the report of `record`. Throws what writing throws.
  func write(_ record: TrainingRecord) throws {
    try AtomicFile.write(Array(TrainingPage(record).html.utf8), to: "\(path)/curves.html")
    try AtomicFile.write(
      Array(try TrainingReport(record).json.utf8), to: "\(path)/report.json")
  }
}
