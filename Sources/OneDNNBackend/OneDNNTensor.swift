import Execution
import Tensors

/// Binary32 numbers as oneDNN laid them out: what ``OneDNNKernels`` hand to one another.
///
/// It may be let go of on any thread, since its memory goes back to a pool that is guarded.
final class OneDNNTensor: HeldTensor, @unchecked Sendable {  // never changes once it is made
  /// The numbers; to be read on the thread of `owner` only.
  let value: Value
  let shape: Shape
  /// Whose thread it belongs to.
  let owner: OperatorLibrary
  private let thread: OneDNNThread

  /// `value` of `owner`, which works on `thread`.
  init(_ value: Value, of owner: OperatorLibrary, on thread: OneDNNThread) {
    self.value = value
    self.owner = owner
    self.thread = thread
    shape = value.shape
  }

  func floats() throws -> FloatTensor {
    try thread.run { try naming("reading") { try owner.store.read(value) } }
  }
}
