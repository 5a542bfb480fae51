import COneDNN

/// oneDNN's engine for the CPU and a stream of work on it; to be used on one thread.
///
/// Wraps `dnnl_engine_create` and `dnnl_stream_create`.
@safe final class Engine {
  fileprivate let handle: OpaquePointer
  fileprivate let stream: OpaquePointer
  /// Where values and working memory come from.
  let pool = BufferPool()
  /// How many primitives were made so far.
  fileprivate(set) var primitiveCount = 0

  init() throws(LibraryFailure) {
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
    var layout = layout.raw
    return try unsafe made("dnnl_memory_create") {
      unsafe dnnl_memory_create($0, &layout, handle, start)
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
  fileprivate let handle: OpaquePointer

  /// Wraps `dnnl_primitive_desc_create`; `operation` is one of oneDNN's operation descriptors.
  init<Operation>(
    _ operation: Operation, _ attributes: PrimitiveAttributes = .init(), on engine: Engine
  ) throws(LibraryFailure) {
    unsafe handle = try unsafe attributes.withHandle { attributes throws(LibraryFailure) in
      try unsafe made("dnnl_primitive_desc_create") { result in
        unsafe withUnsafePointer(to: operation) {
          unsafe dnnl_primitive_desc_create(result, $0, attributes, engine.handle, nil)
        }
      }
    }
  }

  /// Wraps `dnnl_reorder_primitive_desc_create`.
  init(
    reorder source: MemoryDescriptor, to destination: MemoryDescriptor,
    _ attributes: PrimitiveAttributes = .init(), on engine: Engine
  ) throws(LibraryFailure) {
    unsafe handle = try unsafe attributes.withHandle { attributes throws(LibraryFailure) in
      var (source, destination) = (source.raw, destination.raw)
      return try unsafe made("dnnl_reorder_primitive_desc_create") {
        unsafe dnnl_reorder_primitive_desc_create(
          $0, &source, engine.handle, &destination, engine.handle, attributes)
      }
    }
  }

  /// Wraps `dnnl_concat_primitive_desc_create` along the channels.
  init(
    concatenating sources: [MemoryDescriptor], to destination: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    let sources = sources.map(\.raw)
    unsafe handle = try unsafe PrimitiveAttributes().withHandle {
      attributes throws(LibraryFailure) in
      var destination = destination.raw
      return try unsafe made("dnnl_concat_primitive_desc_create") {
        unsafe dnnl_concat_primitive_desc_create(
          $0, &destination, Int32(sources.count), 1, sources, attributes, engine.handle)
      }
    }
  }

  deinit { unsafe dnnl_primitive_desc_destroy(handle) }

  /// The layout that was chosen for an operand. Wraps `dnnl_primitive_desc_query_md`.
  func layout(of operand: dnnl_query_t) -> MemoryDescriptor {
    guard let raw = unsafe dnnl_primitive_desc_query_md(handle, operand, 0) else { return .none }
    return MemoryDescriptor(unsafe raw.pointee)
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
