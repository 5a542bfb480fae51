import Tensors

/// A tensor of an export, as the mapping looks at it.
struct SourceTensor: Sendable {
  /// The index of its file among the sources.
  let file: Int
  /// The tensor.
  let entry: TensorArchive.Entry
  /// The name that conventions and rules see: the entry's, or layer and variable where the file
  /// keeps those apart.
  let name: String
  /// The order in which its axes become those of PyTorch, where it differs.
  let axes: [Int]?

  /// Its shape with the axes in PyTorch's order.
  var shape: Shape { axes.map { Shape($0.map { entry.shape[$0] }) } ?? entry.shape }

  /// What identifies it among all sources.
  var id: ID { ID(file: file, name: entry.name) }

  /// A file and the name of an entry.
  struct ID: Sendable, Hashable {
    let file: Int
    let name: String
  }
}
