import ArgumentParser
import Cluster
import CommandSupport
import Differentiation
import Files
import Foundation
import Models
import Pages
import Quantization
import Reports
import STMModel
import Safetensors
import Tensors
import Training
import TrainingClips

/// A training from its first or a later step to its end.
struct TrainingRun<Kernels: DifferentiableKernels> {
  /// What was asked for.
  let options: TrainingOptions
  /// The training.
  var trainer: Trainer<Kernels>
  /// The processes that share it.
  let group: any ProcessGroup
  /// What the training is scored on.
  let validation: Validation?
  /// The folder of the run, if there is one.
  let folder: RunFolder?

  private var lines: [MetricsLine]
  private var early: EarlyStop
  private let interruption = Interruption()

  /// A run of `trainer`, which goes on from the last checkpoint of `folder` where that is asked for.
  ///
  /// Throws `TrainingError` or what reading and creating files throws.
  init(
    _ options: TrainingOptions, _ trainer: Trainer<Kernels>, in group: any ProcessGroup,
    validation: Validation?
  ) throws {
    var trainer = trainer
    let folder = try options.run.run.map {
      try RunFolder(
        path: $0, resuming: options.run.resume,
        accepting: options.run.allowOtherFiles ? ["files"] : [], &trainer, in: group)
    }
    let count = options.steps.steps
    guard trainer.step <= count else {
      throw ValidationError(
        "--steps: expected at least the \(trainer.step) that the run has taken, found \(count)",
        hint: "name all steps of the run: --steps \(trainer.step)")
    }
    let lines = try group.isFirst ? folder?.lines ?? [] : []
    let early = try Self.early(options.validation.patience, after: lines, in: group)
    trainer.best = early.best
    trainer.source = PrefetchedClips(
      trainer.source, positions: trainer.positions, from: trainer.step,
      ahead: 2 * trainer.positions.count)
    self.options = options
    self.trainer = trainer
    self.group = group
    self.validation = validation
    self.folder = folder
    self.lines = lines
    self.early = early
  }

  /// What the validations in `lines`, which the first process has, say of stopping early: a score may
  /// be in the log and not in the checkpoint, where a run ended before it was made up for.
  private static func early(
    _ patience: Int?, after lines: [MetricsLine], in group: any ProcessGroup
  ) throws -> EarlyStop {
    let validations = lines.compactMap { line in
      if case .validation(let metrics) = line { metrics } else { nil }
    }
    let best = [EarlyStop(patience: patience, after: validations).best].compactMap(\.self)
    let told = try group.broadcast(Array(try JSONEncoder().encode(best)))
    return EarlyStop(
      patience: patience,
      best: try JSONDecoder().decode([BestValidation].self, from: Data(told)).first)
  }

  /// Takes the steps that are left, or those until it does not get better any more or a signal comes,
  /// and hands out the record. Throws what steps, validation and writing throw.
  mutating func run() throws -> TrainingRecord {
    let count = options.steps.steps
    let isQuiet = options.show.quiet || !group.isFirst
    let progress = Progress("training", total: count, from: trainer.step, isQuiet: isQuiet)
    var loss = ExponentialMean(over: 20)
    try finishSaving()
    if try isScoreOwed() { try score() }
    while trainer.step < count, !early.isDue {
      let metrics = try advance()
      loss.add(metrics.loss)
      try note(.step(metrics))
      progress.show(trainer.step, detail: detail(loss))
      if try trainer.step < count && isStopped() { try stop() }
      if isDue(options.run.checkpointEvery) {
        try save()
      } else if trainer.step.isMultiple(of: (count + 99) / 100) {
        try show(.running)
      }
      if isDue(options.validation.validateEvery) { try score() }
    }
    return try show(early.isDue && trainer.step < count ? .stoppedEarly : .finished)
  }

  /// Does what a run that ended early may have left undone after it wrote the checkpoint from which
  /// this one goes on: to remove older ones, and to note in it that its score is the best, or was the
  /// last.
  private func finishSaving() throws {
    if early.best?.step == trainer.step || early.isDue {
      try save()
    } else if group.isFirst {
      try folder?.checkpoints.removeOlder(than: trainer.state)
    }
  }

  /// Whether a signal came to one of the processes.
  private func isStopped() throws -> Bool {
    try group.sum([interruption.exitCode == nil ? 0 : 1])[0] > 0
  }

  /// Whether the network is to be scored before a step is taken: as it is at first, or where a signal
  /// ended the run before it was.
  private func isScoreOwed() throws -> Bool {
    let isScored = lines.contains { line in
      if case .validation(let metrics) = line { metrics.step == trainer.step } else { false }
    }
    let isOwed = isDue(options.validation.validateEvery) && !isScored
    return try group.sum([group.isFirst && isOwed ? 1 : 0])[0] > 0
  }

  /// Whether what is done every `interval` steps, a tenth of all where it is not said, is due.
  private func isDue(_ interval: Int?) -> Bool {
    let count = options.steps.steps
    return trainer.step == count
      || trainer.step.isMultiple(of: interval ?? max(1, (count + 9) / 10))
  }

  private func detail(_ loss: ExponentialMean) -> String {
    loss.value.map { ", loss \(Numbers.significant($0))" } ?? ""
  }

  /// Takes a step. Where none can be taken, what is left is a run that can be resumed.
  private mutating func advance() throws -> StepMetrics {
    do {
      return try trainer.advance()
    } catch let error as TrainingError {
      guard let step = error.firstFailedStep else { throw error }
      let checkpoint = try folder?.checkpoints.fallBack(before: step)
      try show(.interrupted)
      throw error.naming(checkpoint: checkpoint)
    } catch {
      if group.isFirst, folder != nil {
        let place = "after step \(trainer.step) of \(options.steps.steps)"
        do {
          try save(.interrupted)
          Terminal.writeError("\nstm-train: saved \(place)\n")
        } catch {
          Terminal.writeError("\nstm-train: not saved \(place): \(error)\n")
        }
      }
      throw error
    }
  }

  private mutating func note(_ line: MetricsLine) throws {
    lines.append(line)
    try folder?.log?.append(line)
  }

  /// Scores the network as it is, and keeps it where it was never better, or was no better for too
  /// long. A signal ends the run before the score is there.
  private mutating func score() throws {
    guard let validation else { return }
    let found = try validation.score(
      deployed(), threads: options.steps.threads, in: group,
      unless: { interruption.exitCode != nil })
    guard let found else { try stop() }
    let metrics = ValidationMetrics(
      step: trainer.step, region: found.region, boundary: found.boundary)
    let isBest = early.note(metrics.overall, step: trainer.step)
    trainer.best = early.best
    try note(.validation(metrics))
    if isBest || early.isDue { try save() }
  }

  /// The network as it would run: in the precisions that it is trained for.
  private func deployed() throws -> Model {
    let (trained, quantization) = trainer.result
    let model = try trained.model(path: options.output)
    guard let quantization else { return model }
    let weights = try model.quantized(
      by: quantization.plan, statistics: quantization.statistics(of: model.fingerprint),
      quantizing: WeightQuantization(reducesRange: options.quantization.reduceRange))
    return try Model(model.network, plan: quantization.plan, weights: weights, path: model.path)
  }

  /// Writes a checkpoint, then the page and the report of the run as it stands.
  private func save(_ outcome: TrainingRecord.Outcome = .running) throws {
    if group.isFirst { try folder?.save(trainer.state) }
    try show(outcome)
  }

  /// Writes the page and the report of the run as it stands.
  @discardableResult
  private func show(_ outcome: TrainingRecord.Outcome) throws -> TrainingRecord {
    let record = TrainingRecord(
      model: trainer.fingerprint, settings: trainer.identity, plannedSteps: options.steps.steps,
      outcome: outcome, lines: lines)
    if group.isFirst { try folder?.write(record) }
    return record
  }

  /// Ends the tool after a signal, with a checkpoint to go on from.
  private func stop() throws -> Never {
    try save(.interrupted)
    if group.isFirst {
      let hint =
        folder == nil
        ? "with --run a training can be resumed"
        : "the same command with --resume goes on from there"
      Terminal.writeError(
        "\nstm-train: stopped after step \(trainer.step) of \(options.steps.steps)\nhint: \(hint)\n"
      )
    }
    throw ExitCode(interruption.exitCode ?? 130)
  }

  /// The network to write: the last, or, where the training may stop early, the best.
  ///
  /// Throws what reading its checkpoint throws.
  mutating func result() throws -> (model: TrainedModel, quantization: TrainedQuantization?) {
    if options.validation.patience != nil, let best = early.best, let folder,
      best.step != trainer.step
    {
      try folder.goBack(&trainer, to: best.step)
    }
    return trainer.result
  }
}
