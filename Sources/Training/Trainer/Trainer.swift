public import Cluster
public import Differentiation
import Networks
import Tensors

/// Changes a network's weights step by step, alone or together with other processes.
///
/// Each process computes the gradients of its share of a batch; their sums begin to travel while the
/// backward pass still runs. Since losses are divided by what the whole batch counts, a batch that
/// processes share gives the step that one process would take, but for the order of additions.
///
/// Weights and the optimizer's moments are binary32, whatever the kernels compute in.
public struct Trainer<Kernels: DifferentiableKernels> {
  /// What a step is made of.
  public let settings: TrainerSettings
  /// The network as it is now.
  public private(set) var model: TrainedModel

  /// What the network is rounded to, with the scales as they are now; nil: it is not.
  public private(set) var quantization: TrainedQuantization?
  /// Where clips come from.
  public var source: any ClipSource

  private let batch: BatchGradients<Kernels>
  private let group: any ProcessGroup
  private var progress: TrainingState

  /// A training of `model` that begins.
  ///
  /// The clips of `source` are shared by the processes of `group`, whose number must divide the batch;
  /// `batch` computes gradients, through the rounding of `quantization` where there is one; batch norms
  /// are frozen then. What decides the result beside the model is told apart by `identity`.
  /// `fingerprint` is that of the model.
  public init(
    _ model: TrainedModel, through quantization: TrainedQuantization? = nil, fingerprint: String,
    settings: TrainerSettings, identity: TrainingSettings, source: any ClipSource,
    batch: BatchGradients<Kernels>, in group: any ProcessGroup = SingleProcess()
  ) {
    precondition(settings.batch.isMultiple(of: group.count), "a batch that cannot be shared")
    precondition(quantization == nil || model.batchNorms == .frozen, "rounding of what is folded")
    self.settings = settings
    self.model = model
    self.quantization = quantization
    self.source = source
    self.batch = batch
    self.group = group
    let trained = model.values.merging(quantization?.tensors ?? [:]) { own, _ in own }
    progress = TrainingState(
      weights: [:], optimizer: Optimizer(settings.optimizer, for: trained),
      average: settings.averageDecay.map { WeightAverage(decay: $0, of: trained) },
      settings: identity, model: fingerprint)
  }

  /// How many steps are done.
  public var step: Int { progress.step }

  /// The fingerprint of the model that it began with.
  public var fingerprint: String { progress.model }

  /// What decides the result beside the model.
  public var identity: TrainingSettings { progress.settings }

  /// The places of a batch whose clips this process is given.
  public var positions: Range<Int> {
    let share = settings.batch / group.count
    return group.rank * share..<(group.rank + 1) * share
  }

  /// The best validation so far.
  public var best: BestValidation? {
    get { progress.best }
    set { progress.best = newValue }
  }

  /// What a checkpoint holds.
  public var state: TrainingState {
    var state = progress
    state.weights = model.values
    state.scales = quantization?.tensors ?? [:]
    if model.batchNorms == .batch { state.weights.merge(model.statistics) { own, _ in own } }
    return state
  }

  /// Goes on from the checkpoint at `path`, whose settings of the groups `accepted` may be others.
  /// Throws what `TrainingState.resume` throws.
  public mutating func resume(from path: String, accepting accepted: [String] = []) throws {
    var state = state
    try state.resume(from: path, accepting: accepted)
    for name in model.values.keys { model.values[name] = state.weights[name] }
    if model.batchNorms == .batch {
      for name in model.statistics.keys { model.statistics[name] = state.weights[name] }
    }
    quantization?.take(state.scales)
    (state.weights, state.scales) = ([:], [:])
    progress = state
  }

  /// The network that is validated and written, and its rounding: with averaged weights, where those
  /// are asked for.
  public var result: (model: TrainedModel, quantization: TrainedQuantization?) {
    guard let average = progress.average else { return (model, quantization) }
    var (result, rounding) = (model, quantization)
    for name in result.values.keys { result.values[name] = average.values[name] }
    rounding?.take(average.values)
    return (result, rounding)
  }

  /// Takes a step: a batch of clips, their gradients, a change of the weights.
  ///
  /// Throws ``TrainingError``, `ClusterError`, what reading clips throws and what the kernels throw;
  /// all is then as before, unless the step left numbers that are not finite
  /// (``TrainingError/stateNotFinite(step:tensor:checkpoint:)``).
  public mutating func advance() throws -> StepMetrics {
    let step = progress.step
    let clips = try clips(of: step)
    let counts = LossCounts(
      numbers: try group.sum(batch.counts(of: clips, step: step).numbers))
    var exchange = GradientExchange(in: group)
    let outcome = try batch.gradients(
      of: clips, step: step, model: model, numbers: numbers(), counts: counts
    ) { try exchange.add($0) }
    let losses = LossValues(numbers: try group.sum(outcome.losses.numbers))
    var gradients = try exchange.finish()
    try quantization?.passBack(&gradients)
    let norm = try clip(&gradients)
    let rate = settings.schedule.rate(at: step)
    update(gradients, rate)
    if model.batchNorms == .batch {
      model.updateStatistics(try group.together { outcome.moments }.flatMap(\.self))
    }
    if let tensor = state.nonFinite {
      throw TrainingError.stateNotFinite(step: step, tensor: tensor, checkpoint: nil)
    }
    return StepMetrics(
      step: step + 1, loss: losses.total(batch.settings, counts),
      parts: losses.means(counts).parts(batch.settings), learningRate: rate, gradientNorm: norm)
  }

  /// The clips of this process, once all processes have theirs: an error of one is one of all.
  private func clips(of step: Int) throws -> [TrainingClip] {
    var clips: [TrainingClip] = []
    _ = try group.together {
      clips = try positions.map { try source.clip(step: step, position: $0) }
      return clips.count
    }
    return clips
  }

  /// What the programs compute with, rounded where that is trained for.
  private func numbers() throws -> [ProgramNumbers<Kernels.Scalar>] {
    var numbers: [ProgramNumbers<Kernels.Scalar>] = model.numbers()
    if let quantization {
      for index in numbers.indices { try numbers[index].quantize(as: quantization) }
    }
    return numbers
  }

  /// Changes weights and scales by their `gradients`.
  private mutating func update(_ gradients: [String: FloatTensor], _ rate: Double) {
    var values = model.values
    let names = Array(values.keys)
    model.values = [:]
    if let quantization { values.merge(quantization.tensors) { own, _ in own } }
    let scales = (quantization?.logarithms ?? [:]).mapValues { _ in settings.scaleRate }
    progress.optimizer.update(
      &values, gradients: gradients, learningRate: rate, factors: scales)
    progress.average?.add(values)
    quantization?.take(values)
    for name in names { model.values[name] = values[name] }
  }

  /// Limits the norm of `gradients` and returns what it was.
  ///
  /// Throws ``TrainingError/gradientNotFinite(step:parameter:checkpoint:)``.
  private func clip(_ gradients: inout [String: FloatTensor]) throws -> Double {
    let norm = settings.gradientNorm.map { gradients.clip(toNorm: $0) } ?? gradients.globalNorm
    guard norm.isFinite else {
      let first = model.parameters.first { parameter in
        gradients[parameter.name]?.values.contains { !$0.isFinite } ?? false
      }
      throw TrainingError.gradientNotFinite(
        step: progress.step, parameter: first?.name ?? "", checkpoint: nil)
    }
    return norm
  }
}

extension TrainedQuantization {
  /// What is trained, `[]` each.
  fileprivate var tensors: [String: FloatTensor] {
    logarithms.mapValues { FloatTensor(shape: [], values: [$0]) }
  }

  /// Takes what is trained from `tensors`, which has others as well.
  fileprivate mutating func take(_ tensors: [String: FloatTensor]) {
    for name in logarithms.keys { logarithms[name] = tensors[name]?.values[0] }
  }

  /// Makes the gradients by scales among `gradients` those by what is trained.
  ///
  /// Throws `TrainingError.scale`.
  fileprivate func passBack(_ gradients: inout [String: FloatTensor]) throws {
    let scales = logarithms.keys.compactMap { name in
      gradients[name].map { (name, $0.values[0]) }
    }
    let own = try self.gradients(byScales: Dictionary(uniqueKeysWithValues: scales))
    for (name, gradient) in own { gradients[name] = FloatTensor(shape: [], values: [gradient]) }
  }
}

extension LossValues {
  /// The losses that `settings` give a weight, by name.
  fileprivate func parts(_ settings: LossSettings) -> [String: Double] {
    var parts: [String: Double] = [:]
    if settings.crossEntropy > 0 { parts["crossEntropy"] = crossEntropy }
    if settings.dice > 0 { parts["dice"] = dice }
    if settings.attention > 0 { parts["attention"] = attention }
    return parts
  }
}
