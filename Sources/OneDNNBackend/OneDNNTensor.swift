import Execution
import Quantization
import Tensors

/// A tensor as oneDNN laid it out: what programs and ``OneDNNKernels`` hand out and take back.
///
/// It may be let go of on any thread, since its memory goes back to a pool that is guarded.
final class OneDNNTensor: HeldTensor, @unchecked Sendable {  // never changes once it is made
  /// The elements; to be read on the thread that `store` belongs to only.
  let value: Value
  let shape: Shape
  /// What the elements were rounded to.
  let storage: Storage
  /// What reads it.
  let store: ValueStore
  private let thread: OneDNNThread

  /// `value` of `store`, which belongs to `thread`, rounded to `storage`.
  init(_ value: Value, _ storage: Storage, of store: ValueStore, on thread: OneDNNThread) {
    self.value = value
    self.storage = storage
    self.store = store
    self.thread = thread
    shape = value.shape
  }

  var byteCount: Int { value.descriptor.byteCount }

  func floats() throws -> FloatTensor {
    try thread.run { try naming("reading") { try store.read(value) } }
  }
}
