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
  /// The precision that the weights are meant to run in.
  public let precision: Precision
  /// The weights under canonical names; folded unless the precision is binary32.
  public let weights: TensorArchive

  /// The widths and depths of the network.
  public var configuration: STMConfiguration { network.configuration }

  /// Opens the model file at `path` and checks that every tensor is there and fits.
  ///
  /// A safetensors file without this suite's metadata counts as a binary32 model whose
  /// configuration follows from its shapes. Throws ``ModelError`` or what reading safetensors throws.
  public init(path: String) throws {
    let archive = try SafetensorsFile.read(path)
    let description = try ModelMetadata(archive.metadata, path: path)
    try self.init(
      STMNetwork(try description.configuration ?? Self.inferred(from: archive, path: path)),
      precision: description.precision, weights: archive, path: path)
  }

  /// A model of tensors at hand. Throws ``ModelError/misfit(path:_:)``; `path` is for messages.
  public init(
    _ network: STMNetwork, precision: Precision, weights: TensorArchive, path: String
  ) throws {
    let expected = network.parameters(in: precision, foldedWhereIn: weights)
    let audit = ParameterAudit(of: weights, against: expected)
    guard audit.isClean else { throw ModelError.misfit(path: path, audit) }
    if let half = HalfPrecision(precision) {
      for parameter in expected where parameter.role == .weight {
        let found = weights[parameter.name]?.elementType
        guard found == half.elementType else {
          throw ModelError.elementType(
            path: path, tensor: parameter.name, expected: half.elementType.rawValue,
            found: found?.rawValue ?? "none")
        }
      }
    }
    self.path = path
    self.network = network
    self.precision = precision
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
    network.foldedBatchNorms(in: precision, weights: weights)
  }

  /// The deployed program of `graph`, bound to the weights, its memory reads limited to the `topK`
  /// best entries (`BoundProgram.topK`); nil: all of them.
  ///
  /// Throws what `BoundProgram` throws.
  public func deployed(
    _ graph: Graph<LayerOperation>, topK: Int? = nil
  ) throws -> BoundProgram {
    try BoundProgram(
      Program(deploying: graph), precision: precision, weights: weights, topK: topK)
  }
}

extension STMNetwork {
  /// The parameters of a model file in `precision`, in the order of the graphs.
  ///
  /// Binary32 files hold a batch norm's own parameters, or the folded convolution where
  /// `weights` has a bias that only folding can have made; the other precisions hold folded
  /// weights only.
  public func parameters(
    in precision: Precision, foldedWhereIn weights: TensorArchive
  ) -> [Parameter] {
    let folded = foldedBatchNorms(in: precision, weights: weights)
    return graphs.flatMap {
      Program(deploying: $0).parameters(in: precision, folded: folded)
    }
  }

  fileprivate func foldedBatchNorms(
    in precision: Precision, weights: TensorArchive
  ) -> Set<String> {
    let steps = graphs.flatMap { Program(deploying: $0).steps }
    return Set(
      steps.compactMap { step in
        guard let norm = step.batchNorm, norm.providesShift else { return nil }
        let isFolded = precision != .float32 || weights["\(step.layer).bias"] != nil
        return isFolded ? norm.layer : nil
      })
  }
}
