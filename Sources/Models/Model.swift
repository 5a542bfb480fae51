public import Execution
import Foundation
public import Networks
public import Quantization
public import STMModel
import Safetensors
public import Tensors

/// A space-time memory network with weights: what a model file holds.
public struct Model: Sendable {
  /// The file, for messages.
  public let path: String
  /// The network.
  public let network: STMNetwork
  /// The precisions that the weights are meant to run in.
  public let plan: PrecisionPlan
  /// The weights under canonical names; folded unless the plan is binary32 alone.
  public let weights: TensorArchive

  /// The widths and depths of the network.
  public var configuration: STMConfiguration { network.configuration }

  /// Opens the model file at `path` and checks that its plan and every tensor fit.
  ///
  /// A safetensors file without this suite's metadata counts as a binary32 model whose
  /// configuration follows from its shapes. Throws ``ModelError``, `QuantizationError.plan` or what
  /// reading safetensors throws.
  public init(path: String) throws {
    let archive = try SafetensorsFile.read(path)
    let description = try ModelMetadata(archive.metadata, path: path)
    try self.init(
      STMNetwork(try description.configuration ?? Self.inferred(from: archive, path: path)),
      plan: description.plan, weights: archive, path: path)
  }

  /// A model of tensors at hand, all in one precision.
  ///
  /// Throws ``ModelError/misfit(path:_:)``; `path` is for messages.
  public init(
    _ network: STMNetwork, precision: Precision, weights: TensorArchive, path: String
  ) throws {
    try self.init(network, plan: PrecisionPlan(precision), weights: weights, path: path)
  }

  /// A model of tensors at hand. Throws ``ModelError/misfit(path:_:)`` or `QuantizationError.plan`;
  /// `path` is for messages.
  public init(
    _ network: STMNetwork, plan: PrecisionPlan, weights: TensorArchive, path: String
  ) throws {
    try network.check(plan, of: path)
    let audit = ParameterAudit(
      of: weights, against: network.parameters(in: plan, foldedWhereIn: weights))
    guard audit.isClean else { throw ModelError.misfit(path: path, audit) }
    self.path = path
    self.network = network
    self.plan = plan
    self.weights = weights
  }

  private static func inferred(
    from archive: TensorArchive, path: String
  ) throws(ModelError) -> STMConfiguration {
    do throws(STMConfigurationError) {
      return try STMConfiguration(inferredFrom: archive.shapes)
    } catch {
      throw .unrecognized(path: path, error)
    }
  }

  /// The batch norms that are part of the convolutions before them, their parameters lost.
  public var foldedBatchNorms: Set<String> {
    network.foldedBatchNorms(in: plan, weights: weights)
  }

  /// The deployed program of `graph`, bound to the weights, its memory reads limited to the `topK`
  /// best entries (`BoundProgram.topK`); nil: all of them.
  ///
  /// Throws what `BoundProgram` throws.
  public func deployed(
    _ graph: Graph<LayerOperation>, topK: Int? = nil
  ) throws -> BoundProgram {
    try BoundProgram(Program(deploying: graph), plan: plan, weights: weights, topK: topK)
  }
}

extension STMNetwork {
  /// The parameters of a model file of `plan`, in the order of the graphs.
  ///
  /// Files that are in binary32 alone hold a batch norm's own parameters, or the folded convolution
  /// where `weights` has a bias that only folding can have made; others hold folded weights only.
  public func parameters(
    in plan: PrecisionPlan, foldedWhereIn weights: TensorArchive
  ) -> [Parameter] {
    let folded = foldedBatchNorms(in: plan, weights: weights)
    return deployedPrograms.flatMap { $0.parameters(in: plan, folded: folded) }
  }

  fileprivate func foldedBatchNorms(in plan: PrecisionPlan, weights: TensorArchive) -> Set<String> {
    Set(
      deployedPrograms.flatMap(\.steps).compactMap { step in
        guard let norm = step.batchNorm, norm.providesShift else { return nil }
        let isFolded = plan != PrecisionPlan(.float32) || weights["\(step.layer).bias"] != nil
        return isFolded ? norm.layer : nil
      })
  }
}
