import COneDNN
import Tensors

/// A primitive with the constants that it reads.
struct Kernel {
  private let primitive: Primitive
  private let scratchpad: MemoryDescriptor
  private let constants: [Constant]
  private let engine: Engine

  /// The primitive of `descriptor`, which always reads `constants`.
  init(
    _ descriptor: borrowing PrimitiveDescriptor, _ constants: [Constant] = [], on engine: Engine
  ) throws(LibraryFailure) {
    primitive = try descriptor.primitive()
    scratchpad = descriptor.layout(of: dnnl_query_scratchpad_md)
    self.constants = constants
    self.engine = engine
  }

  /// Runs it on `operands`.
  func callAsFunction(_ operands: Operand...) throws(LibraryFailure) { try run(operands) }

  /// Runs it on `operands`.
  func run(_ operands: [Operand]) throws(LibraryFailure) {
    let working = engine.pool.buffer(byteCount: scratchpad.byteCount)
    try primitive.execute(
      operands + constants.map { Operand($0.argument, $0.descriptor, $0.buffer) }
        + [Operand(DNNL_ARG_SCRATCHPAD, scratchpad, working)],
      on: engine)
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
