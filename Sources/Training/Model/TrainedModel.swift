import Execution
public import Models
public import Networks
import Quantization
public import STMModel
public import Tensors

/// A network whose weights change: a binary32 model taken apart into what is trained and what is
/// constant.
///
/// Kernels, biases, and weight and bias of batch norms are trained; the running statistics of batch
/// norms, and means and deviations of images, are not. A batch norm that the file has folded into
/// its convolution is trained as kernel and bias of that.
public struct TrainedModel: Sendable {
  /// The network.
  public let network: STMNetwork
  /// What happens to batch norms.
  public let batchNorms: BatchNormTraining
  /// The parameters that are trained, in the order of the graphs.
  public let parameters: [Parameter]
  /// Their numbers, by canonical name.
  public var values: [String: FloatTensor]
  /// The running means and variances of batch norms, and the means and deviations of images, by
  /// canonical name.
  public var statistics: [String: FloatTensor]
  /// What runs: the deployed programs of `memorize`, `query` and `decode`, or those of single layers
  /// where batch norms have moments of their own.
  public let programs: [Program]

  /// The batch norms that are part of the convolutions before them, their parameters lost.
  let foldedBatchNorms: Set<String>
  /// All parameters that a model file holds, in the order of the graphs.
  private let stored: [Parameter]
  private let counters: [String: TensorArchive.Entry]

  /// Takes `model` apart.
  ///
  /// Throws `ModelError.alreadyQuantized` for a model that is not in binary32,
  /// ``TrainingError/foldedBatchNorms(path:layers:)`` where the moments of batch norms are asked for
  /// that the file has folded, `ParameterError` for numbers that cannot be computed with, or what
  /// reading a tensor throws.
  public init(_ model: Model, batchNorms: BatchNormTraining = .frozen) throws {
    try model.requireFloat32()
    let folded = model.foldedBatchNorms
    guard batchNorms == .frozen || folded.isEmpty else {
      throw TrainingError.foldedBatchNorms(path: model.path, layers: folded.sorted())
    }
    network = model.network
    self.batchNorms = batchNorms
    foldedBatchNorms = folded
    let deployed = network.deployedPrograms
    programs =
      batchNorms == .frozen ? deployed : network.graphs.map { Program(layersOf: $0) }
    for step in deployed.flatMap(\.steps) {
      _ = try StepParameters(of: step, in: model.weights)
    }
    stored = network.parameters(in: model.plan, foldedWhereIn: model.weights)
    parameters = stored.filter(\.isTrained)
    let statistics = stored.filter { $0.role == .statistic }
    values = try model.weights.floats(of: parameters)
    self.statistics = try model.weights.floats(of: statistics)
    counters = Dictionary(
      uniqueKeysWithValues: stored.filter { $0.role == .counter }.compactMap { parameter in
        model.weights[parameter.name].map { (parameter.name, $0) }
      })
  }

  /// Everything that a model file holds, in binary32 and in the order of the graphs. Counters of
  /// batches stay as they were.
  public func archive() throws -> TensorArchive {
    try TensorArchive(
      stored.compactMap { parameter in
        if let tensor = values[parameter.name] ?? statistics[parameter.name] {
          return TensorArchive.Entry(name: parameter.name, tensor: Tensor(tensor))
        }
        return counters[parameter.name]
      })
  }

  /// The number of `name`, which is trained.
  func value(_ name: String) -> FloatTensor {
    guard let tensor = values[name] else { preconditionFailure("'\(name)' is not trained") }
    return tensor
  }

  /// The statistic `name`.
  func statistic(_ name: String) -> FloatTensor {
    guard let tensor = statistics[name] else { preconditionFailure("no statistic '\(name)'") }
    return tensor
  }
}

extension Parameter {
  /// Whether gradients change it.
  var isTrained: Bool { role == .weight || role == .bias }
}

extension TensorArchive {
  /// The numbers of `parameters`, all of which are there, by name.
  fileprivate func floats(of parameters: [Parameter]) throws -> [String: FloatTensor] {
    try Dictionary(
      uniqueKeysWithValues: parameters.map { parameter in
        guard let entry = self[parameter.name] else { throw ParameterError.missing(parameter.name) }
        return (parameter.name, try entry.floats())
      })
  }
}
