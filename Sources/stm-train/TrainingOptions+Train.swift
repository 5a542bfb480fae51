import ArgumentParser
import Cluster
import CommandSupport
import Differentiation
import Files
import Models
import OneDNNBackend
import Quantization
import Reports
import STMModel
import Safetensors
import Tensors
import Training
import TrainingClips

extension TrainingOptions {
  /// Trains on the clips that `open` finds and writes the model; `command` and `identity` say what is
  /// trained on, and `folders` hold it.
  ///
  /// Throws what reading, training and writing throw.
  func train(
    _ command: String, on folders: [String], identity: any Encodable & Sendable,
    open: () throws -> any FileClips
  ) throws {
    func train(_ makeKernels: (_ threads: Int) throws -> some DifferentiableKernels) throws {
      try self.train(command, on: folders, identity: identity, makeKernels, open: open)
    }
    switch steps.precision {
    case .fp32: try train { try OneDNNGradientKernels(threads: $0, arithmetic: .float32) }
    case .bf16: try train { try OneDNNGradientKernels(threads: $0, arithmetic: .bfloat16) }
    case .fp64: try train { _ in PlainKernels<Double>() }
    }
  }

  private func train<Kernels: DifferentiableKernels>(
    _ command: String, on folders: [String], identity: any Encodable & Sendable,
    _ makeKernels: (_ threads: Int) throws -> Kernels, open: () throws -> any FileClips
  ) throws {
    try checkOutputs(against: folders)
    let group = try ProcessGroups.current()
    guard steps.batch.isMultiple(of: group.count) else {
      throw ValidationError(
        "--batch: expected a multiple of the \(group.count) processes, found \(steps.batch)")
    }
    let schedule = try optimization.rates(over: steps.steps)
    let clips = try open()
    let validation = try validation.open()
    let first = try start.open(seed: steps.seed)
    let rounding = try quantization.open(for: first)
    let norms = steps.batchNorms(fromScratch: start.fromScratch)
    let settings = TrainerSettings(
      batch: steps.batch, optimizer: optimization.settings, schedule: schedule,
      gradientNorm: optimization.clipGradients, scaleRate: quantization.rate,
      averageDecay: optimization.average)
    let losses = loss.settings(over: steps.steps)
    let known = try TrainingSettings([
      "batch": steps.batch, "size": steps.size.extents, "seed": steps.seed,
      "batch-norm": norms, "precision": steps.precision.rawValue,
      "optimizer": optimization.settings, "average": optimization.average, "loss": losses,
      "clips": identity, "files": try FileListing.of(clips.files, in: group),
      "command": command, "plan": rounding?.plan.json,
      "statistics": try quantization.statistics.map { try Provenance.Source(path: $0).sha256 },
      "reduce-range": quantization.reduceRange,
      "validation": try self.validation.identity(of: validation, in: group),
      "scale-rate": quantization.quantize.map { _ in quantization.rate },
    ])
    let (workers, threads) = steps.division(of: steps.batch / group.count)
    let batch = try BatchGradients(
      settings: losses, threads: workers,
      checkpoints: steps.checkpointStages ? .stages : .none
    ) { try makeKernels(threads) }
    let trainer = Trainer(
      try TrainedModel(first, batchNorms: norms), through: rounding,
      fingerprint: try first.fingerprint, settings: settings, identity: known, source: clips,
      batch: batch, in: group)
    var run = try TrainingRun(self, trainer, in: group, validation: validation)
    let record = try run.run()
    let result = try run.result()
    guard group.isFirst else { return }
    try write(result.model, known.values.merging(chosen(schedule)) { own, _ in own })
    if let path = quantization.learned, let rounding = result.quantization {
      let fingerprint = try result.model.model(path: output).fingerprint
      try AtomicFile.write(
        Array(try rounding.statistics(of: fingerprint).json.utf8), to: path)
    }
    let report = TrainingReport(record)
    try show.show(text: report.text(output: output), json: try report.json)
  }

  /// What a run may be resumed with another value of, as the model file records it.
  private func chosen(_ schedule: LearningRateSchedule) throws -> [String: String] {
    try TrainingSettings([
      "steps": steps.steps, "learning-rate": schedule,
      "clip-gradients": optimization.clipGradients,
    ]).values
  }

  private func write(_ model: TrainedModel, _ settings: [String: String]) throws {
    let metadata = ModelMetadata(
      configuration: model.network.configuration, plan: PrecisionPlan(.float32),
      provenance: Provenance(
        sources: try (start.sources + quantization.inputs).map(Provenance.Source.init),
        settings: settings))
    try SafetensorsFile.write(
      TensorArchive(try model.archive().entries, metadata: metadata.entries), to: output)
  }
}

extension TrainedModel {
  /// The model as it would be read from the file at `path`. Throws what `Model` throws.
  func model(path: String) throws -> Model {
    try Model(network, precision: .float32, weights: archive(), path: path)
  }
}
