import COneDNN

/// oneDNN's engine for the CPU and a stream of work on it; to be used on one thread.
///
/// Wraps `dnnl_engine_create` and `dnnl_stream_create`.
@safe final class Engine {
  fileprivate let handle: OpaquePointer
  fileprivate let stream: OpaquePointer
  /// Where values and working memory come from.
  let pool = BufferPool()

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

  /// Refuses what oneDNN has plain loops for only, which take an element at a time.
  func requireKernel() throws(LibraryFailure) {
    var name: UnsafePointer<CChar>?
    try unsafe check(
      "dnnl_primitive_desc_query",
      dnnl_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, &name))
    guard let name = unsafe name, unsafe !String(cString: name).hasPrefix("ref") else {
      throw LibraryFailure(call: "dnnl_primitive_desc_query", status: dnnl_unimplemented)
    }
  }

  /// The primitive. Wraps `dnnl_primitive_create`.
  func primitive() throws(LibraryFailure) -> Primitive { try unsafe Primitive(handle) }
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
  func execute(_ operands: [Operand], on engine: Engine) throws(LibraryFailure) {
    var arguments: [dnnl_exec_arg_t] = unsafe []
    defer { unsafe arguments.forEach { unsafe dnnl_memory_destroy($0.memory) } }
    for operand in operands {
      var descriptor = operand.descriptor.raw
      let memory = try unsafe made("dnnl_memory_create") {
        unsafe dnnl_memory_create($0, &descriptor, engine.handle, operand.start)
      }
      unsafe arguments.append(dnnl_exec_arg_t(arg: operand.argument, memory: memory))
    }
    try unsafe check(
      "dnnl_primitive_execute",
      dnnl_primitive_execute(handle, engine.stream, Int32(arguments.count), arguments))
    try unsafe check("dnnl_stream_wait", dnnl_stream_wait(engine.stream))
  }
}

/// Memory as an argument of a primitive.
@safe struct Operand {
  /// `DNNL_ARG_SRC` and so on.
  let argument: Int32
  /// How the memory is laid out.
  let descriptor: MemoryDescriptor
  fileprivate let start: UnsafeMutableRawPointer

  /// The memory at `start`.
  init(_ argument: Int32, _ descriptor: MemoryDescriptor, _ start: UnsafeMutableRawPointer) {
    self.argument = argument
    self.descriptor = descriptor
    unsafe self.start = start
  }

  /// The memory of `buffer`, `offset` bytes from its start.
  init(_ argument: Int32, _ descriptor: MemoryDescriptor, _ buffer: Buffer, offset: Int = 0) {
    unsafe self.init(argument, descriptor, buffer.start + offset)
  }
}
