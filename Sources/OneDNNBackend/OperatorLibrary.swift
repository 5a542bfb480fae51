import COneDNN
import Execution
import Tensors

/// Runs whole operators; to be used on one thread at a time.
///
/// Images `[N, C, spatial...]` lie in blocks of channels, or row-major where their channels do not
/// fill blocks; what convolutions hand out lies in blocks anyway.
final class OperatorLibrary: @unchecked Sendable {  // used on one thread at a time
  /// Makes and reads values.
  let store: ValueStore
  private var kernels: RecentCache<OperatorKey, any StepKernel>

  /// A library that works with `engine` and keeps the kernels that were used last, `capacity` of
  /// them.
  init(on engine: Engine, capacity: Int = 512) {
    store = ValueStore(on: engine, capacity: capacity / 2)
    kernels = RecentCache(capacity: capacity)
  }

  /// The engine that does the work.
  var engine: Engine { store.engine }

  /// The kernel for `key`; what `make` returns where it was not asked for lately.
  func kernel(for key: OperatorKey, make: () throws -> any StepKernel) rethrows -> any StepKernel {
    try kernels.value(for: key, make: make)
  }

  /// What `kernel` makes of `operands`.
  func run(_ kernel: any StepKernel, _ operands: [OperatorOperand]) throws -> Value {
    try run(kernel, try zip(operands, kernel.inputs).map { try load($0, as: $1) })
  }

  /// What `kernel` makes of `values`, which are laid out as it reads them.
  func run(_ kernel: any StepKernel, _ values: [Value]) throws -> Value {
    let result = store.empty(Held(kernel.output))
    let working = engine.pool.buffer(byteCount: kernel.workspaceByteCount)
    try unsafe kernel.run(
      StepOperands(values.map { unsafe $0.buffer.start }, result.buffer.start, working.start))
    withExtendedLifetime((values, working)) {}
    return result
  }

  /// `operand` as `descriptor` lays it out.
  func load(_ operand: OperatorOperand, as descriptor: MemoryDescriptor) throws -> Value {
    switch operand {
    case .held(let tensor): try store.convert(tensor.value, to: descriptor)
    case .plain(let tensor): try store.load(tensor.values[...], to: descriptor)
    }
  }

  /// The numbers of `operand`, row-major.
  func floats(_ operand: OperatorOperand) throws -> [Float] {
    switch operand {
    case .held(let tensor): try store.read(tensor.value).values
    case .plain(let tensor): tensor.values
    }
  }
}

/// An operand of an operator.
enum OperatorOperand {
  /// What a kernel of the same library returned.
  case held(OneDNNTensor)
  /// Row-major numbers.
  case plain(FloatTensor)

  /// The dimensions, outermost first.
  var shape: Shape {
    switch self {
    case .held(let tensor): tensor.shape
    case .plain(let tensor): tensor.shape
    }
  }
}

/// What tells the kernels of a library apart.
enum OperatorKey: Hashable {
  case convolution(WindowOperation)
  case transposedConvolution(WindowOperation)
  case integerConvolution(WindowOperation, isSigned: Bool, zeroPoint: Int32)
  case pooling(UInt32, Shape, SlidingWindow, output: Shape)
  case relu(Shape)
  case sum(Shape)
  case concatenation([Shape])
  case resizing(Shape, output: Shape)
  case softmax(Shape)
  case gradient(GradientKey)
}

extension Shape {
  /// Whether these are the dimensions of images `[N, C, spatial...]` with one to three spatial
  /// dimensions and at least an element.
  var isImage: Bool { (3...5).contains(rank) && elementCount > 0 }

  /// The same images with other spatial extents; nil where there are others, or too many elements.
  func with(spatial extents: [Int]) -> Shape? {
    guard isImage, extents.count == rank - 2, extents.allSatisfy({ $0 > 0 }),
      let shape = try? Shape(checking: dimensions.prefix(2) + extents),
      shape.elementCount <= 1 << 30
    else { return nil }
    return shape
  }
}
