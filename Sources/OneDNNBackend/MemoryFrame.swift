import COneDNN
import Execution
import Quantization
import Tensors

/// What a frame in memory is for.
enum MemoryRole: Hashable {
  /// The operand of the products with the query.
  case keys
  /// What is read.
  case values
}

/// How ``MemoryRead`` reads the frames of a memory, an object at a time.
///
/// With `E = h · w` entries a frame, filled up to whole blocks of 16 (or 8), whose elements are 0:
///
/// | role | in memory | as an image of oneDNN's |
/// |---|---|---|
/// | keys `[K, h, w]` | `[K / 16, E, 16]` | K channels of `1 x E` pixels |
/// | values `[V, h, w]` | `[E / 16, V, 16]` | E channels of `1 x V` pixels |
struct FrameLayout: Hashable {
  let role: MemoryRole
  /// `[C, h, w]`.
  let dimensions: [Int]
  /// Of the elements: binary32 or bfloat16.
  let type: dnnl_data_type_t

  init(_ role: MemoryRole, _ dimensions: [Int], _ type: dnnl_data_type_t) {
    self.role = role
    self.dimensions = dimensions
    self.type = type
  }

  /// `h · w`.
  var entries: Int { dimensions[1] * dimensions[2] }

  /// `entries` in whole blocks.
  var paddedEntries: Int { entries.roundedUp(to: Processor.channelBlock) }

  /// The whole, as an operand.
  var whole: MemoryDescriptor {
    get throws(LibraryFailure) {
      try MemoryDescriptor(
        role == .keys
          ? [1, dimensions[0], 1, paddedEntries] : [1, paddedEntries, 1, dimensions[0]],
        type, .blocked)
    }
  }

  /// The part that holds entries, as `[1, C, 1, E]`.
  var entriesOnly: MemoryDescriptor {
    get throws(LibraryFailure) {
      switch role {
      case .keys: try whole.part([1, dimensions[0], 1, entries])
      case .values:
        try MemoryDescriptor([1, entries, 1, dimensions[0]], type, .blocked)
          .permuted([0, 3, 2, 1])
      }
    }
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(role)
    hasher.combine(dimensions)
    hasher.combine(type.rawValue)
  }
}

/// A frame of a memory as ``MemoryRead`` reads it: `[N, C, h, w]`.
final class MemoryFrame: HeldTensor, @unchecked Sendable {  // never changes once it is made
  let shape: Shape
  /// How each object lies.
  let layout: FrameLayout
  /// What the elements were rounded to.
  let storage: Storage
  private let buffer: Buffer
  private let byteCount: Int
  private let store: ValueStore
  private let thread: OneDNNThread

  /// `value` in `layout`, rounded to `storage`; to be made on `thread`, which `store` belongs to.
  init(
    _ value: Value, _ layout: FrameLayout, _ storage: Storage, store: ValueStore,
    on thread: OneDNNThread
  ) throws {
    shape = value.shape
    self.layout = layout
    self.storage = storage
    self.store = store
    self.thread = thread
    let (whole, entries) = (try layout.whole, try layout.entriesOnly)
    byteCount = whole.byteCount
    buffer = store.engine.pool.buffer(byteCount: byteCount * shape[0])
    let one = value.descriptor.with(objects: 1)
    let flat = try one.flattened()
    for object in 0..<shape[0] {
      let target = unsafe start(object)
      unsafe target.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
      try unsafe store.copy(
        value.buffer.start + object * one.byteCount, Held(flat, value.held.quantization),
        to: target, Held(entries))
      guard layout.type == dnnl_f32, storage != .float32 else { continue }
      unsafe RoundingKernel(whole, to: storage).run(StepOperands([target], target, target))
    }
  }

  /// Where object `index` lies.
  func start(_ index: Int) -> UnsafeMutableRawPointer {
    unsafe buffer.start + (shape[0] == 1 ? 0 : index * byteCount)
  }

  func floats() throws -> FloatTensor {
    try thread.run {
      try naming("reading a memory") {
        let held = Held(try layout.entriesOnly)
        let values = try (0..<shape[0]).flatMap { object in
          try unsafe store.read(start(object), held).values
        }
        return FloatTensor(shape: shape, values: values)
      }
    }
  }
}

extension Int {
  /// The least multiple of `factor` that is not below.
  func roundedUp(to factor: Int) -> Int { (self + factor - 1) / factor * factor }
}
