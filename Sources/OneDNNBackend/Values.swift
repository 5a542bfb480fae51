import COneDNN
import Quantization
import Tensors

/// A tensor in a layout of oneDNN's.
struct Value {
  /// How it is held; `N` is the number of objects.
  let held: Held
  /// Its elements.
  let buffer: Buffer

  /// How it is laid out.
  var descriptor: MemoryDescriptor { held.descriptor }
  /// The extents, outermost first.
  var shape: Shape { Shape(descriptor.dimensions) }
}

/// Makes values, changes their layouts and reads them back.
///
/// Real images lie in blocks of channels, or row-major where their channels do not fill blocks:
/// channels last, oneDNN's convolutions add up in an order that depends on the number of threads.
/// Integers, whose sums are exact, lie channels last; images row-major.
final class ValueStore {
  /// The engine that does the work.
  let engine: Engine
  private var conversions: RecentCache<[Held], ConversionKernel>

  /// A store of values of `engine` that keeps the conversions that were used last, `capacity` of
  /// them.
  init(on engine: Engine, capacity: Int = 256) {
    self.engine = engine
    conversions = RecentCache(capacity: capacity)
  }

  /// The layout of real images whose parts have so many channels.
  static func layout(of channels: [Int]) -> MemoryDescriptor.Layout {
    channels.allSatisfy { $0 % Processor.channelBlock == 0 } ? .blocked : .plain
  }

  /// The layout of integers that have so many channels: those of frames and masks come and are joined
  /// plane by plane.
  static func integerLayout(of channels: Int) -> MemoryDescriptor.Layout {
    channels < 8 ? .plain : .channelsLast
  }

  /// How values of `shape` are held where no step has a preference.
  static func standard(_ shape: [Int], as storage: Storage) throws(LibraryFailure) -> Held {
    switch storage {
    case .quantized(let quantization):
      let layout = shape.count == 4 ? Self.integerLayout(of: shape[1]) : .plain
      return Held(
        try MemoryDescriptor(shape, quantization.elementType.oneDNN, layout), quantization)
    case .float32, .float16, .bfloat16:
      let type = storage == .bfloat16 && Processor.hasBFloat16 ? dnnl_bf16 : dnnl_f32
      let layout = shape.count == 4 ? Self.layout(of: [shape[1]]) : .plain
      return Held(try MemoryDescriptor(shape, type, layout))
    }
  }

  /// A value whose elements are undefined.
  func empty(_ held: Held) -> Value {
    Value(held: held, buffer: engine.pool.buffer(byteCount: held.descriptor.byteCount))
  }

  /// The row-major `elements` as `descriptor` lays them out; `source` says how they lie where that
  /// is not row-major after all.
  func load<Element: BitwiseCopyable>(
    _ elements: ArraySlice<Element>, from source: MemoryDescriptor? = nil,
    to descriptor: MemoryDescriptor
  ) throws -> Value {
    let value = empty(Held(descriptor))
    let source = try source ?? MemoryDescriptor(descriptor.dimensions, descriptor.type, .plain)
    try unsafe elements.withUnsafeBytes { bytes in
      precondition(bytes.count == source.byteCount)
      guard let start = bytes.baseAddress else { return }
      // A reorder only reads its source.
      try unsafe copy(
        UnsafeMutableRawPointer(mutating: start), Held(source), to: value.buffer.start,
        Held(descriptor))
    }
    return value
  }

  /// The real numbers that `value` holds, row-major.
  func read(_ value: Value) throws -> FloatTensor {
    try unsafe read(value.buffer.start, value.held)
  }

  /// The real numbers at `start`, row-major.
  func read(_ start: UnsafeMutableRawPointer, _ held: Held) throws -> FloatTensor {
    let shape = Shape(held.descriptor.dimensions)
    // An object at a time, so that another number of objects needs no other kernels.
    let objects = shape.rank == 4 ? shape[0] : 1
    let one = Held(
      shape.rank == 4 ? held.descriptor.with(objects: 1) : held.descriptor, held.quantization)
    let plain = Held(try MemoryDescriptor(one.descriptor.dimensions, dnnl_f32, .plain))
    let values = try unsafe [Float](unsafeUninitializedCapacity: shape.elementCount) {
      buffer, initialized in
      guard let target = UnsafeMutableRawPointer(buffer.baseAddress) else { return }
      for object in 0..<objects {
        try unsafe copy(
          start + object * one.descriptor.byteCount, one,
          to: target + object * plain.descriptor.byteCount, plain)
      }
      initialized = shape.elementCount
    }
    return FloatTensor(shape: shape, values: values)
  }

  /// The elements of `value`, row-major.
  func elements<Element: BitwiseCopyable>(of value: Value, as: Element.Type) throws -> [Element] {
    let count = value.shape.elementCount
    return try unsafe [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      try unsafe copy(value, to: UnsafeMutableRawBufferPointer(buffer))
      initializedCount = count
    }
  }

  /// Stores the elements of `value`, row-major.
  func copy(_ value: Value, to target: UnsafeMutableRawBufferPointer) throws {
    let descriptor = value.descriptor
    let plain = try MemoryDescriptor(descriptor.dimensions, descriptor.type, .plain)
    precondition(target.count >= plain.byteCount)
    guard let start = target.baseAddress else { return }
    try unsafe copy(
      value.buffer.start, Held(descriptor), to: start, Held(plain))
  }

  /// `value` as `descriptor` lays it out.
  func convert(_ value: Value, to descriptor: MemoryDescriptor) throws -> Value {
    guard value.descriptor != descriptor else { return value }
    let result = empty(Held(descriptor, value.held.quantization))
    try unsafe copy(value.buffer.start, value.held, to: result.buffer.start, result.held)
    return result
  }

  /// Converts what lies at `source` to `target`, where it is held otherwise, or copies it.
  func copy(
    _ source: UnsafeMutableRawPointer, _ held: Held, to target: UnsafeMutableRawPointer,
    _ targetHeld: Held
  ) throws {
    let path = held.path(to: targetHeld)
    guard !path.isEmpty else {
      return unsafe target.copyMemory(from: source, byteCount: held.descriptor.byteCount)
    }
    var (from, start) = unsafe (held, source)
    var intermediate: Buffer?
    for (index, next) in path.enumerated() {
      let buffer =
        index == path.count - 1
        ? nil : engine.pool.buffer(byteCount: next.descriptor.byteCount)
      let destination = unsafe buffer?.start ?? target
      let kernel = try conversions.value(for: [from, next]) {
        try ConversionKernel(from: from, to: next, on: engine)
      }
      let working = engine.pool.buffer(byteCount: kernel.workspaceByteCount)
      try unsafe kernel.run(StepOperands([start], destination, working.start))
      withExtendedLifetime(working) {}
      unsafe (from, start, intermediate) = unsafe (next, destination, buffer)
    }
    withExtendedLifetime(intermediate) {}
  }
}
