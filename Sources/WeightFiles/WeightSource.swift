public import Files
public import KerasFiles
import Networks
public import OnnxFiles
public import Tensors

/// A file of weights, read: its tensors, and what else its format says of them.
public struct WeightSource: Sendable {
  /// What a format holds beside tensors.
  public enum Structure: Sendable {
    /// Nothing.
    case none
    /// The graph that reads them.
    case onnx(OnnxModel)
    /// The layers that they belong to.
    case keras(KerasModel)
  }

  /// The file.
  public let path: String
  /// Its format.
  public let format: WeightFormat
  /// The tensors, in the order of the file.
  public let weights: TensorArchive
  /// What else it holds.
  public let structure: Structure

  /// Tensors with what else their file holds.
  public init(
    path: String, format: WeightFormat, weights: TensorArchive, structure: Structure = .none
  ) {
    self.path = path
    self.format = format
    self.weights = weights
    self.structure = structure
  }

  /// The files beside it that hold elements of its tensors.
  public var dataFiles: [FileBytes] {
    if case .onnx(let model) = structure { model.dataFiles } else { [] }
  }

  /// The paths of the files whose contents decide what was read: its own and the ``dataFiles``.
  public var files: [String] { [path] + dataFiles.map(\.path) }

  /// What the file's graph is given, where it has one: names, and shapes whose open extents are nil.
  public var inputs: [(name: String, shape: [Int?]?)] {
    switch structure {
    case .none: []
    case .onnx(let model): model.inputs.map { ($0.name, $0.dimensions) }
    case .keras(let model):
      (model.graph?.inputs ?? []).map { name in
        (name, model.layers.first { $0.name == name }?.inputShape)
      }
    }
  }

  /// The last component of the path.
  public var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}
