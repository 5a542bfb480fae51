import COneDNN
import Execution
import Quantization
import Tensors

/// A frame of a memory as ``MemoryRead`` reads it: `[N, C, h, w]`.
final class MemoryFrame: HeldTensor, @unchecked Sendable {  // never changes once it is made
  let shape: Shape
  /// How each object lies.
  let layout: FrameLayout
  /// The bytes that each object takes.
  private let objectByteCount: Int
  private let buffer: Buffer
  private let store: ValueStore
  private let thread: OneDNNThread

  /// `value` in `layout`; to be made on `thread`, which `store` belongs to.
  init(_ value: Value, _ layout: FrameLayout, store: ValueStore, on thread: OneDNNThread) throws {
    shape = value.shape
    self.layout = layout
    self.store = store
    self.thread = thread
    let (whole, entries) = (try layout.whole, try layout.entriesOnly)
    objectByteCount = whole.byteCount
    buffer = store.engine.pool.buffer(byteCount: objectByteCount * shape[0])
    let one = value.descriptor.with(objects: 1)
    let flat = try one.flattened()
    defer { withExtendedLifetime(value.buffer) {} }
    for object in 0..<shape[0] {
      let (source, target) = unsafe (value.buffer.start + object * one.byteCount, start(object))
      let held = Held(flat, value.held.quantization)
      if let quantization = layout.quantization {
        let integers = store.empty(Held(flat.with(layout.type), quantization))
        try unsafe store.copy(source, held, to: integers.buffer.start, integers.held)
        try unsafe store.copy(
          integers.buffer.start, Held(integers.descriptor), to: target, Held(entries))
        withExtendedLifetime(integers.buffer) {}
        unsafe layout.fillPadding(
          target, with: UInt8(truncatingIfNeeded: quantization.zeroPoint))
        continue
      }
      let rows = try MemoryDescriptor(flat.dimensions, dnnl_f32, .channelsLast)
      if held == Held(rows) {
        unsafe FramePacking(layout).run(source, to: target)
      } else {
        let real = store.empty(Held(rows))
        try unsafe store.copy(source, held, to: real.buffer.start, real.held)
        unsafe FramePacking(layout).run(real.buffer.start, to: target)
        withExtendedLifetime(real.buffer) {}
      }
    }
  }

  /// Where object `index` lies.
  func start(_ index: Int) -> UnsafeMutableRawPointer {
    unsafe buffer.start + (shape[0] == 1 ? 0 : index * objectByteCount)
  }

  var byteCount: Int { shape[0] * objectByteCount }

  func floats() throws -> FloatTensor {
    try thread.run {
      try naming("reading a memory") {
        let real = layout.operand(.float32)
        let numbers = store.empty(Held(try real.whole))
        defer { withExtendedLifetime(numbers.buffer) {} }
        let conversion = try FrameConversion(from: layout, to: real)
        let entries = Held(try real.entriesOnly)
        let values = try (0..<shape[0]).flatMap { object in
          guard let conversion else { return try unsafe store.read(start(object), entries).values }
          unsafe conversion.run(start(object), to: numbers.buffer.start)
          return try unsafe store.read(numbers.buffer.start, entries).values
        }
        return FloatTensor(shape: shape, values: values)
      }
    }
  }
}
