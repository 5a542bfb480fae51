import COneDNN

/// oneDNN's engine for the CPU and a stream of work on it; to be used on one thread.
///
/// Wraps `dnnl_engine_create` and `dnnl_stream_create`.
@safe final class Engine {
  fileprivate let handle: OpaquePointer
  fileprivate let stream: OpaquePointer
  /// Where values and working memory come from.
  let pool: BufferPool
  /// How many primitives were made so far.
  fileprivate(set) var primitiveCount = 0

  /// An engine whose values and working memory come from `pool`.
  init(pool: BufferPool = BufferPool()) throws(LibraryFailure) {
    self.pool = pool
    let engine = try unsafe made("dnnl_engine_create") {
      unsafe dnnl_engine_create($0, dnnl_cpu, 0)
    }
    unsafe handle = engine
    do {
      unsafe stream = try unsafe made("dnnl_stream_create") {
        unsafe dnnl_stream_create($0, engine, UInt32(dnnl_stream_default_flags.rawValue))
      }
    } catch {
      unsafe dnnl_engine_destroy(engine)
      throw error
    }
  }

  /// Memory at `start`, to be destroyed by who asked; nil: to be said before it is used. Wraps
  /// `dnnl_memory_create`.
  func memory(
    _ layout: MemoryDescriptor, _ start: UnsafeMutableRawPointer?
  ) throws(LibraryFailure) -> OpaquePointer {
    try unsafe MemoryDescriptor.withHandles([layout]) { layouts throws(LibraryFailure) in
      try unsafe made("COneDNN_memory") { unsafe COneDNN_memory($0, layouts[0], handle, start) }
    }
  }

  deinit {
    unsafe dnnl_stream_destroy(stream)
    unsafe dnnl_engine_destroy(handle)
  }
}

/// A primitive's choice of implementation and layouts; to be made into a ``Kernel``.
///
/// Owns a `dnnl_primitive_desc_t`.
@safe struct PrimitiveDescriptor: ~Copyable {
  /// What it reads in every run beside its operands.
  let constants: [Constant]
  fileprivate let handle: OpaquePointer

  /// Wraps `dnnl_convolution_forward_primitive_desc_create` and the like.
  init(
    _ operation: PrimitiveOperation, _ attributes: PrimitiveAttributes = .init(), on engine: Engine
  ) throws(LibraryFailure) {
    let constants = try attributes.constants
    unsafe handle = try unsafe attributes.withHandle { attributes throws(LibraryFailure) in
      try unsafe MemoryDescriptor.withHandles(operation.layouts) {
        layouts throws(LibraryFailure) in
        try unsafe made(operation.call) {
          unsafe operation.describe($0, engine.handle, layouts, attributes)
        }
      }
    }
    self.constants = constants
  }

  /// Wraps `dnnl_reorder_primitive_desc_create`.
  init(
    reorder source: MemoryDescriptor, to destination: MemoryDescriptor,
    _ attributes: PrimitiveAttributes = .init(), on engine: Engine
  ) throws(LibraryFailure) {
    let operation = unsafe PrimitiveOperation("COneDNN_reorder", [source, destination]) {
      unsafe COneDNN_reorder($0, $1, $2[0], $2[1], $3)
    }
    try self.init(operation, attributes, on: engine)
  }

  /// Wraps `dnnl_concat_primitive_desc_create` along the channels.
  init(
    concatenating sources: [MemoryDescriptor], to destination: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    let count = Int32(sources.count)
    let operation = unsafe PrimitiveOperation("COneDNN_concat", sources + [destination]) {
      unsafe COneDNN_concat($0, $1, $2[sources.count], count, 1, $2, $3)
    }
    try self.init(operation, on: engine)
  }

  deinit { unsafe dnnl_primitive_desc_destroy(handle) }

  /// The layout that was chosen for an operand. Wraps `dnnl_primitive_desc_query_md`.
  func layout(of operand: dnnl_query_t) -> MemoryDescriptor {
    MemoryDescriptor(
      unsafe MemoryDescriptor.Handle("COneDNN_layoutChosen") {
        unsafe COneDNN_layoutChosen($0, handle, operand)
      })
  }

  /// Whether oneDNN has only plain loops for this, which take an element at a time. Wraps
  /// `dnnl_primitive_desc_query`.
  var isPlainLoops: Bool {
    get throws(LibraryFailure) {
      var name: UnsafePointer<CChar>?
      try unsafe check(
        "dnnl_primitive_desc_query",
        dnnl_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, &name))
      return unsafe name.map { unsafe String(cString: $0).hasPrefix("ref") } ?? true
    }
  }

  /// Refuses what oneDNN has plain loops for only.
  func requireKernel() throws(LibraryFailure) {
    guard try !isPlainLoops else {
      throw LibraryFailure(call: "dnnl_primitive_desc_query", status: dnnl_unimplemented)
    }
  }

  /// The primitive. Wraps `dnnl_primitive_create`.
  func primitive(on engine: Engine) throws(LibraryFailure) -> Primitive {
    engine.primitiveCount += 1
    return try unsafe Primitive(handle)
  }
}

/// Owns a `dnnl_primitive_t`.
@safe final class Primitive {
  private let handle: OpaquePointer

  fileprivate init(_ descriptor: OpaquePointer) throws(LibraryFailure) {
    unsafe handle = try unsafe made("dnnl_primitive_create") {
      unsafe dnnl_primitive_create($0, descriptor)
    }
  }

  deinit { unsafe dnnl_primitive_destroy(handle) }

  /// Runs it and waits. Wraps `dnnl_primitive_execute`.
  func execute(
    _ arguments: UnsafeBufferPointer<dnnl_exec_arg_t>, on engine: Engine
  ) throws(LibraryFailure) {
    try unsafe check(
      "dnnl_primitive_execute",
      dnnl_primitive_execute(
        handle, engine.stream, Int32(arguments.count), arguments.baseAddress))
    try unsafe check("dnnl_stream_wait", dnnl_stream_wait(engine.stream))
  }
}
