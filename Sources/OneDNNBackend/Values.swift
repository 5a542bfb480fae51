import COneDNN
import Execution
import Networks
import Quantization
import Tensors

/// A tensor in a layout of oneDNN's.
struct Value {
  /// How it is laid out.
  let descriptor: MemoryDescriptor
  /// Its elements.
  let buffer: Buffer
  /// What its elements stand for, if they are integers.
  var quantization: AffineQuantization?

  /// The extents, outermost first.
  var shape: Shape { Shape(descriptor.dimensions) }

  /// The value as an argument of a primitive.
  func callAsFunction(_ argument: Int32) -> Operand { Operand(argument, descriptor, buffer) }

  /// Object `index` as an argument of a primitive; `one` describes a single object. A value of
  /// one object is the same for every index.
  func callAsFunction(
    _ argument: Int32, object index: Int, as one: MemoryDescriptor
  ) -> Operand {
    let offset = descriptor.dimensions[0] == 1 ? 0 : index * one.byteCount
    return Operand(argument, one, buffer, offset: offset)
  }
}

/// Makes values, changes their layouts and reads them back.
///
/// Binary32 images lie in blocks of channels, or row-major where their channels do not fill
/// blocks: channels last, oneDNN's convolutions add up in an order that depends on the number of
/// threads. Integers, whose sums are exact, lie channels last, and so does what stands beside them.
final class ValueStore {
  /// The engine that does the work.
  let engine: Engine
  private let channelsLast: Bool
  private var conversions = RecentCache<Conversion, Kernel>(capacity: 256)

  /// The key of a kernel that changes a layout or an element type.
  private struct Conversion: Hashable {
    let from: MemoryDescriptor
    let to: MemoryDescriptor
    let quantization: AffineQuantization?
  }

  /// A store for programs that hold values in `precision`.
  init(on engine: Engine, _ precision: Precision) {
    self.engine = engine
    channelsLast = precision == .int8
  }

  /// How steps that have no preference of their own hold values of these shapes.
  func layout(of channels: [Int]) -> MemoryDescriptor.Layout {
    guard !channelsLast else { return .channelsLast }
    return channels.allSatisfy { $0 % Processor.channelBlock == 0 } ? .blocked : .plain
  }

  /// A binary32 descriptor of `shape` in the layout of its channels.
  func descriptor(_ shape: Shape) throws(LibraryFailure) -> MemoryDescriptor {
    try MemoryDescriptor(
      shape.dimensions, dnnl_f32, shape.rank == 4 ? layout(of: [shape[1]]) : .plain)
  }

  /// A value whose elements are undefined.
  func empty(
    _ descriptor: MemoryDescriptor, _ quantization: AffineQuantization? = nil
  ) -> Value {
    Value(
      descriptor: descriptor, buffer: engine.pool.buffer(byteCount: descriptor.byteCount),
      quantization: quantization)
  }

  /// `tensor` as the storage holds it.
  func load(_ tensor: FloatTensor, as storage: Storage) throws -> Value {
    try store(try load(tensor.values[...], to: try descriptor(tensor.shape)), as: storage)
  }

  /// The row-major `elements` as `descriptor` lays them out; `source` says how they lie where that
  /// is not row-major after all.
  func load<Element: BitwiseCopyable>(
    _ elements: ArraySlice<Element>, from source: MemoryDescriptor? = nil,
    to descriptor: MemoryDescriptor
  ) throws -> Value {
    let source =
      try source ?? MemoryDescriptor(descriptor.dimensions, descriptor.type, .plain)
    let value = empty(descriptor)
    try unsafe elements.withUnsafeBytes { bytes in
      precondition(bytes.count == source.byteCount)
      guard let start = bytes.baseAddress else { return }
      guard source != descriptor else {
        return unsafe value.buffer.start.copyMemory(from: start, byteCount: bytes.count)
      }
      let kernel = try conversion(from: source, to: descriptor)
      // A reorder only reads its source.
      let reading = unsafe UnsafeMutableRawPointer(mutating: start)
      try unsafe kernel(Operand(DNNL_ARG_FROM, source, reading), value(DNNL_ARG_TO))
    }
    return value
  }

  /// The real numbers that `value` holds, row-major.
  func read(_ value: Value) throws -> FloatTensor {
    let value = try convert(value, to: value.descriptor.with(dnnl_f32))
    return FloatTensor(shape: value.shape, values: try elements(of: value, as: Float.self))
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
    guard descriptor != plain else {
      return unsafe start.copyMemory(from: value.buffer.start, byteCount: plain.byteCount)
    }
    let kernel = try conversion(from: descriptor, to: plain)
    try unsafe kernel(value(DNNL_ARG_FROM), Operand(DNNL_ARG_TO, plain, start))
  }

  /// `value` as `descriptor` lays it out; integers become the real numbers that they stand for
  /// where it holds binary32.
  func convert(_ value: Value, to descriptor: MemoryDescriptor) throws -> Value {
    guard value.descriptor != descriptor else { return value }
    let becomesReal = value.quantization != nil && descriptor.type == dnnl_f32
    let result = empty(descriptor, becomesReal ? nil : value.quantization)
    let kernel = try conversion(
      from: value.descriptor, to: descriptor, becomesReal ? value.quantization : nil)
    try kernel(value(DNNL_ARG_FROM), result(DNNL_ARG_TO))
    return result
  }

  /// Copies `value`, whose `N` is 1 or the other's, over every object of `target`.
  func broadcast(_ value: Value, over target: Value) throws {
    let one = target.descriptor.with(objects: 1)
    let kernel = try conversion(from: one, to: one)
    for object in 0..<target.descriptor.dimensions[0] {
      try kernel(
        value(DNNL_ARG_FROM, object: object, as: one),
        target(DNNL_ARG_TO, object: object, as: one))
    }
  }

  /// What is left of the fresh `value` once it is held as `storage` says.
  func store(_ value: Value, as storage: Storage) throws -> Value {
    switch storage {
    case .float32, .bfloat16: return value
    case .float16:
      // oneDNN's own reorder to binary16 takes one element at a time.
      let count = value.descriptor.byteCount / MemoryLayout<Float>.size
      let start = unsafe value.buffer.start.assumingMemoryBound(to: Float.self)
      let elements = unsafe UnsafeMutableBufferPointer(start: start, count: count)
      for index in elements.indices {
        unsafe elements[index] = unsafe elements[index].roundedToFloat16
      }
      return value
    case .quantized(let quantization):
      guard value.descriptor.type == dnnl_f32 else {
        var value = value
        value.quantization = quantization
        return value
      }
      let layout = try descriptor(value.shape)
      let value = try convert(value, to: layout)
      let result = empty(layout.with(quantization.elementType.oneDNN), quantization)
      let kernel = try conversion(from: layout, to: result.descriptor, quantization)
      try kernel(value(DNNL_ARG_SRC_0), result(DNNL_ARG_DST))
      return result
    }
  }

  private func conversion(
    from source: MemoryDescriptor, to target: MemoryDescriptor,
    _ quantization: AffineQuantization? = nil
  ) throws -> Kernel {
    let key = Conversion(from: source, to: target, quantization: quantization)
    return try conversions.value(for: key) {
      guard let quantization else {
        return try Kernel(PrimitiveDescriptor(reorder: source, to: target, on: engine), on: engine)
      }
      guard target.type == dnnl_f32 else {
        return try quantizing(source, to: target, quantization)
      }
      var attributes = PrimitiveAttributes()
      attributes.outputScales = [quantization.scale]
      attributes.zeroPoints = [DNNL_ARG_SRC: quantization.zeroPoint]
      return try Kernel(
        PrimitiveDescriptor(reorder: source, to: target, attributes, on: engine), on: engine)
    }
  }

  /// `clamp(rne(x / scale) + zeroPoint)`: a division, which a reorder's scale is not, and rounding
  /// before the zero point is added.
  private func quantizing(
    _ source: MemoryDescriptor, to target: MemoryDescriptor, _ quantization: AffineQuantization
  ) throws(LibraryFailure) -> Kernel {
    let scale = try MemoryDescriptor.perChannel(1)
    var attributes = PrimitiveAttributes()
    attributes.postOperations = [
      .round, .linear(alpha: 1, beta: Float(quantization.zeroPoint)),
    ]
    return try Kernel(
      PrimitiveDescriptor(
        binary(dnnl_binary_div, source, scale, to: target), attributes, on: engine),
      [Constant(DNNL_ARG_SRC_1, scale, [quantization.scale])], on: engine)
  }
}
