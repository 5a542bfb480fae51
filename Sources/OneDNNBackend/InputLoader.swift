import COneDNN
import Execution
import Networks
import Quantization
import Tensors

/// Brings what programs are given into the layouts in which they read it.
struct InputLoader {
  /// What converts.
  let store: ValueStore
  private let bound: BoundProgram
  private let thread: OneDNNThread

  /// A loader of the inputs of `bound`; to be used on `thread`, which `store` belongs to.
  init(_ bound: BoundProgram, store: ValueStore, thread: OneDNNThread) {
    self.bound = bound
    self.store = store
    self.thread = thread
  }

  /// How the program holds the value called `name`.
  func storage(of name: String) -> Storage { bound.storage(of: name) }

  /// What the memory reads of the program take from the input called `name`; nil: nothing.
  func role(of name: String) -> MemoryRole? {
    for step in bound.program.steps where step.operation == .memoryRead {
      if step.inputs[0] == name { return .keys }
      if step.inputs[1] == name { return .values }
    }
    return nil
  }

  /// The objects of `tensor`, one after the other, as `held` says, rounded to `storage`.
  func load(_ tensor: any HeldTensor, as held: Held, _ storage: Storage) throws -> Value {
    let objects = tensor.shape[0]
    let whole = Held(held.descriptor.with(objects: objects), held.quantization)
    let needsRounding =
      held.descriptor.type == dnnl_f32 && (storage == .float16 || storage == .bfloat16)
    if let tensor = tensor as? OneDNNTensor, tensor.value.held == whole,
      !needsRounding || tensor.storage == storage
    {
      return tensor.value
    }
    let value = try convert(tensor, as: held, to: store.empty(whole))
    guard needsRounding else { return value }
    unsafe round(value.buffer.start, whole.descriptor, to: storage)
    withExtendedLifetime(value.buffer) {}
    return value
  }

  /// Puts object number `object` of `tensor` at `target`, as `held` says, rounded to the storage of
  /// the value called `name`.
  func store(
    _ tensor: FloatTensor, object: Int, at target: UnsafeMutableRawPointer, _ held: Held,
    of name: String
  ) throws {
    let plain = Held(try MemoryDescriptor(held.descriptor.dimensions, dnnl_f32, .plain))
    try unsafe tensor.values.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      // A conversion only reads its source.
      try unsafe store.copy(
        UnsafeMutableRawPointer(mutating: start) + object * plain.descriptor.byteCount, plain,
        to: target, held)
    }
    let storage = storage(of: name)
    guard held.descriptor.type == dnnl_f32, storage == .float16 || storage == .bfloat16 else {
      return
    }
    unsafe round(target, held.descriptor, to: storage)
  }

  private func round(
    _ start: UnsafeMutableRawPointer, _ layout: MemoryDescriptor, to storage: Storage
  ) {
    unsafe RoundingKernel(layout, to: storage).run(StepOperands([start], start, start))
  }

  private func convert(
    _ tensor: any HeldTensor, as held: Held, to value: Value
  ) throws -> Value {
    if let tensor = tensor as? OneDNNTensor {
      try copy(tensor.value, to: value)
      return value
    }
    let floats = try tensor.floats()
    let plain = Held(try MemoryDescriptor(held.descriptor.dimensions, dnnl_f32, .plain))
    try unsafe floats.values.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      for object in 0..<value.shape[0] {
        // A conversion only reads its source.
        try unsafe store.copy(
          UnsafeMutableRawPointer(mutating: start) + object * plain.descriptor.byteCount, plain,
          to: value.buffer.start + object * held.descriptor.byteCount, held)
      }
    }
    return value
  }

  /// The frames of the memory that `name` is given.
  func frames(_ tensor: any HeldTensor, _ role: MemoryRole, of name: String) throws -> [MemoryFrame]
  {
    if let stack = tensor as? FrameStack {
      return try stack.frames.map { try frame($0, role, of: name) }
    }
    let (shape, values) = (tensor.shape, try tensor.floats().values)
    let plane = shape[3] * shape[4]
    return try (0..<shape[2]).map { time in
      var part: [Float] = []
      part.reserveCapacity(shape.elementCount / shape[2])
      for channel in 0..<shape[0] * shape[1] {
        let start = (channel * shape[2] + time) * plane
        part += values[start..<start + plane]
      }
      return try frame(
        FloatTensor(shape: [shape[0], shape[1], shape[3], shape[4]], values: part), role, of: name)
    }
  }

  /// One frame `[N, C, h, w]` of a memory.
  func frame(_ tensor: any HeldTensor, _ role: MemoryRole, of name: String) throws -> MemoryFrame {
    let layout = FrameLayout(
      role, Array(tensor.shape.dimensions.dropFirst()), bound.storage(of: name))
    if let frame = tensor as? MemoryFrame, frame.layout == layout { return frame }
    let value: Value
    if let tensor = tensor as? OneDNNTensor {
      value = tensor.value
    } else {
      let dimensions = [1] + layout.dimensions
      value = try load(
        try tensor.floats(), as: Held(try MemoryDescriptor(dimensions, dnnl_f32, .plain)), .float32)
    }
    return try MemoryFrame(value, layout, store: store, on: thread)
  }

  private func copy(_ source: Value, to target: Value) throws {
    let (from, to) = (source.descriptor.with(objects: 1), target.descriptor.with(objects: 1))
    for object in 0..<source.shape[0] {
      try unsafe store.copy(
        source.buffer.start + object * from.byteCount, Held(from, source.held.quantization),
        to: target.buffer.start + object * to.byteCount, Held(to, target.held.quantization))
    }
  }
}
