import COneDNN

/// A primitive with its operands: constants, and memory that each run names.
///
/// Owns the `dnnl_memory_t` of every operand, so that a run makes nothing anew.
@safe final class Kernel {
  /// The bytes of working memory that a run needs.
  let workspaceByteCount: Int
  /// The bytes of the result.
  let outputByteCount: Int

  private let primitive: Primitive
  private let engine: Engine
  private let constants: [Constant]
  private let arguments: UnsafeMutableBufferPointer<dnnl_exec_arg_t>
  private let handles: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>
  private let inputCount: Int

  /// The primitive of `descriptor`, which reads `inputs` and always `constants` and those of its
  /// attributes, and writes `output`; each is an argument such as `DNNL_ARG_SRC` with its layout.
  init(
    _ descriptor: borrowing PrimitiveDescriptor, inputs: [(Int32, MemoryDescriptor)],
    output: (Int32, MemoryDescriptor), constants: [Constant] = [], on engine: Engine
  ) throws(LibraryFailure) {
    primitive = try descriptor.primitive(on: engine)
    self.engine = engine
    let constants = constants + descriptor.constants
    self.constants = constants
    inputCount = inputs.count
    outputByteCount = output.1.byteCount
    let scratchpad = descriptor.layout(of: dnnl_query_scratchpad_md)
    workspaceByteCount = scratchpad.byteCount
    let variable = inputs + [output, (DNNL_ARG_SCRATCHPAD, scratchpad)]
    unsafe arguments = .allocate(capacity: variable.count + constants.count)
    unsafe handles = .allocate(capacity: variable.count)
    unsafe handles.initialize(repeating: nil)
    var made = 0
    do {
      for (argument, layout) in variable {
        unsafe arguments.initializeElement(
          at: made, to: dnnl_exec_arg_t(arg: argument, memory: try engine.memory(layout, nil)))
        made += 1
      }
      for constant in constants {
        unsafe arguments.initializeElement(
          at: made,
          to: dnnl_exec_arg_t(
            arg: constant.argument,
            memory: try engine.memory(constant.descriptor, constant.buffer.start)))
        made += 1
      }
    } catch {
      unsafe Self.destroy(arguments, made)
      unsafe arguments.deallocate()
      unsafe handles.deallocate()
      throw error
    }
  }

  deinit {
    unsafe Self.destroy(arguments, arguments.count)
    unsafe arguments.deallocate()
    unsafe handles.deallocate()
  }

  /// Runs it. Inputs beyond those that it was made with are not looked at.
  func run(_ operands: StepOperands) throws(LibraryFailure) {
    for index in 0..<inputCount { try unsafe bind(index, operands.inputs[index]) }
    try unsafe bind(inputCount, operands.output)
    try unsafe bind(inputCount + 1, operands.workspace)
    try unsafe primitive.execute(UnsafeBufferPointer(arguments), on: engine)
  }

  private func bind(_ index: Int, _ start: UnsafeMutableRawPointer) throws(LibraryFailure) {
    guard unsafe handles[index] != start else { return }
    try unsafe check(
      "dnnl_memory_set_data_handle",
      dnnl_memory_set_data_handle(arguments[index].memory, start))
    unsafe handles[index] = unsafe start
  }

  private static func destroy(
    _ arguments: UnsafeMutableBufferPointer<dnnl_exec_arg_t>, _ count: Int
  ) {
    for index in 0..<count { unsafe dnnl_memory_destroy(arguments[index].memory) }
  }
}

/// An operand that is the same in every run: weights, biases, scales.
struct Constant {
  /// `DNNL_ARG_WEIGHTS` and so on.
  let argument: Int32
  /// How the elements are laid out.
  let descriptor: MemoryDescriptor
  /// The elements.
  let buffer: Buffer

  /// Elements that are laid out already.
  init(_ argument: Int32, _ descriptor: MemoryDescriptor, _ buffer: Buffer) {
    self.argument = argument
    self.descriptor = descriptor
    self.buffer = buffer
  }

  /// `values` in row-major order.
  init<Element: BitwiseCopyable>(
    _ argument: Int32, _ descriptor: MemoryDescriptor, _ values: [Element]
  ) {
    precondition(descriptor.byteCount == values.count * MemoryLayout<Element>.size)
    let buffer = Buffer(byteCount: descriptor.byteCount)
    unsafe values.withUnsafeBytes {
      unsafe buffer.start.copyMemory(
        from: $0.baseAddress ?? UnsafeRawPointer(buffer.start), byteCount: $0.count)
    }
    self.init(argument, descriptor, buffer)
  }

  /// The same elements as `layout` has them, for `argument`. The conversion may change their type.
  func reordered(
    _ argument: Int32, to layout: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) -> Constant {
    let result = Constant(argument, layout, Buffer(byteCount: layout.byteCount))
    let kernel = try Kernel(
      PrimitiveDescriptor(reorder: descriptor, to: layout, on: engine),
      inputs: [(DNNL_ARG_FROM, descriptor)], output: (DNNL_ARG_TO, layout), on: engine)
    let working = engine.pool.buffer(byteCount: kernel.workspaceByteCount)
    try unsafe kernel.run(
      StepOperands([buffer.start], result.buffer.start, working.start))
    withExtendedLifetime(working) {}
    return result
  }
}

extension MemoryDescriptor {
  /// One number for every channel of `[N, C, spatial...]`: `[1, C, 1, 1]` for images.
  static func perChannel(
    _ count: Int, rank: Int = 4, _ layout: Layout = .plain
  ) throws(LibraryFailure) -> MemoryDescriptor {
    var dimensions = [Int](repeating: 1, count: rank)
    dimensions[1] = count
    return try MemoryDescriptor(dimensions, dnnl_f32, layout)
  }
}
