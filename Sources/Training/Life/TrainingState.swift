public import Tensors

/// All that a training is made of between two steps: what a checkpoint holds.
///
/// A training that goes on from it does what it would have done without the interruption, bit for
/// bit: clips follow from the seed and the step, and nothing else is remembered.
public struct TrainingState: Sendable, Equatable {
  /// What training changes of the model, by canonical name: its weights, and running statistics
  /// where batch norms are trained.
  public var weights: [String: FloatTensor]
  /// The scales of quantization that are learned, by name.
  public var scales: [String: FloatTensor]
  /// The optimizer.
  public var optimizer: Optimizer
  /// The average of the weights, where it is on.
  public var average: WeightAverage?
  /// The best validation so far.
  public var best: BestValidation?
  /// Everything else that decides what comes of the training.
  public let settings: TrainingSettings
  /// The fingerprint of the model that the training began with (`Model.fingerprint`).
  public let model: String

  /// A training that begins.
  public init(
    weights: [String: FloatTensor], scales: [String: FloatTensor] = [:], optimizer: Optimizer,
    average: WeightAverage? = nil, settings: TrainingSettings, model: String
  ) {
    self.weights = weights
    self.scales = scales
    self.optimizer = optimizer
    self.average = average
    self.settings = settings
    self.model = model
  }

  /// How many steps are done.
  public var step: Int { optimizer.updates }

  /// The name of the first tensor that holds a number that is not finite, as a checkpoint calls it;
  /// nil: there is none.
  public var nonFinite: String? {
    for (kind, tensors) in tensors {
      let found = tensors.keys.sorted().first { name in
        tensors[name]?.values.contains { !$0.isFinite } ?? false
      }
      if let found { return "\(kind).\(found)" }
    }
    return nil
  }

  /// The tensors by kind; the name of each in a file is that of its kind, a dot and its own.
  var tensors: [(kind: String, tensors: [String: FloatTensor])] {
    [
      ("average", average?.values ?? [:]), ("optimizer.first", optimizer.first),
      ("optimizer.second", optimizer.second), ("scales", scales), ("weights", weights),
    ]
  }
}
