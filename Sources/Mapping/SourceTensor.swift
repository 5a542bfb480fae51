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
  /// For a tensor that the file does not hold: what it is made of, and how.
  let derivation: Derivation?

  init(
    file: Int, entry: TensorArchive.Entry, name: String, axes: [Int]?,
    derivation: Derivation? = nil
  ) {
    self.file = file
    self.entry = entry
    self.name = name
    self.axes = axes
    self.derivation = derivation
  }

  /// How a tensor comes from tensors of its file.
  struct Derivation: Sendable {
    /// The tensors, the main one first.
    let parts: [SourceTensor]
    /// What is done to them.
    let transform: Transform
  }

  /// The tensors of the file that it is or is made of, the main one first.
  var stored: [SourceTensor] { derivation?.parts ?? [self] }

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
