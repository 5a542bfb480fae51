import COneDNN
public import Differentiation
import Execution
public import Tensors

/// Operators and their gradients on oneDNN's primitives, for training on the CPU.
///
/// Values stay as oneDNN laid them out, in blocks of channels, until somebody reads them. Results do
/// not depend on the number of threads: sums over positions, which oneDNN would split between its
/// threads, are made of parts that are always the same. Convolutions run forwards by the direct
/// algorithm, as ``OneDNNBackend`` does where it is exact; their gradients by Winograd's where it is
/// faster. Primitives are made once a geometry, so the
/// kernels are to be kept for the whole of a training.
///
/// Calls may come from any thread, one at a time, and run on that. A batch of clips is computed
/// fastest with a thread for each clip, and kernels of its own with one thread.
public final class OneDNNGradientKernels: DifferentiableKernels {
  public typealias Scalar = Float

  /// What convolutions and their gradients are computed on.
  public let arithmetic: GradientArithmetic
  let team: GradientTeam
  let library: OperatorLibrary

  /// As many blocks of memory and kernels are kept as the values and the geometries of a large
  /// model's clips, whatever the number of their objects.
  private static let capacity = 4096

  /// Kernels that compute with `threads` threads.
  ///
  /// Throws `ExecutionError.backend` when oneDNN cannot start, and `ExecutionError.unsupported` for
  /// bfloat16 on a processor without instructions for it.
  public init(threads: Int, arithmetic: GradientArithmetic = .float32) throws {
    try arithmetic.requireInstructions()
    self.arithmetic = arithmetic
    team = GradientTeam(threads: max(1, threads))
    library = try naming("starting") {
      OperatorLibrary(
        on: try Engine(pool: BufferPool(maximumBlocks: Self.capacity)), capacity: Self.capacity)
    }
  }

  public func shape(of value: OneDNNValue) -> Shape { value.shape }

  public func load(_ numbers: Numbers<Float>) throws -> OneDNNValue {
    let dimensions = numbers.shape.dimensions
    switch numbers.shape.rank {
    case 4:
      return try answer("load") { library in
        OneDNNValue(try library.store.load(numbers.values[...], to: try layout(dimensions)))
      }
    case 5:
      let plane = dimensions[3] * dimensions[4]
      let image = [dimensions[0], dimensions[1], dimensions[3], dimensions[4]]
      return try answer("load") { library in
        let frames = try (0..<dimensions[2]).map { frame in
          var values: [Float] = []
          values.reserveCapacity(numbers.values.count / dimensions[2])
          for channel in 0..<dimensions[0] * dimensions[1] {
            let start = (channel * dimensions[2] + frame) * plane
            values += numbers.values[start..<start + plane]
          }
          return try library.store.load(values[...], to: try layout(image))
        }
        return OneDNNValue(memory: frames)
      }
    default:
      throw ExecutionError.shape(
        step: "load", expected: "[N, C, H, W] or [N, C, T, H, W]", found: numbers.shape)
    }
  }

  public func numbers(of value: OneDNNValue) throws -> Numbers<Float> {
    try answer("reading") { library in
      guard value.shape.rank == 5 else {
        return Numbers(try library.store.read(value.image))
      }
      let frames = try value.frames.map { try library.store.read($0).values }
      let plane = value.shape[3] * value.shape[4]
      var values: [Float] = []
      values.reserveCapacity(value.shape.elementCount)
      for channel in 0..<value.shape[0] * value.shape[1] {
        for frame in frames { values += frame[channel * plane..<(channel + 1) * plane] }
      }
      return Numbers(shape: value.shape, values: values)
    }
  }

  public func memory(of frames: [OneDNNValue]) throws -> OneDNNValue {
    OneDNNValue(memory: frames.map(\.image))
  }

  public func frame(_ index: Int, of memory: OneDNNValue) throws -> OneDNNValue {
    OneDNNValue(memory.frames[index])
  }
}

extension OneDNNGradientKernels {
  /// What `body` answers while oneDNN computes with these kernels' threads; `name` is that of the
  /// operator.
  func answer<Result>(_ name: String, _ body: (OperatorLibrary) throws -> Result) throws -> Result {
    team.begin()
    return try naming(name) { try body(library) }
  }

  /// What the kernel for `key` makes of `inputs`, laid out as it reads them; `make` makes it where it
  /// was not asked for lately.
  func run(
    _ key: GradientKey, _ inputs: [OneDNNValue], make: (Engine) throws -> any StepKernel
  ) throws -> OneDNNValue {
    let kernel = try library.kernel(for: .gradient(key)) { try make(library.engine) }
    let values = try zip(inputs, kernel.inputs).map { try $0.image(as: $1, by: library.store) }
    return OneDNNValue(try library.run(kernel, values))
  }

  /// How an image that no operator made lies: in blocks of channels, unless it has few.
  func layout(_ dimensions: [Int]) throws(LibraryFailure) -> MemoryDescriptor {
    try MemoryDescriptor(dimensions, dnnl_f32, dimensions[1] < 4 ? .plain : .blocked)
  }

  /// The image in blocks of channels.
  func blocked(_ x: OneDNNValue) throws -> OneDNNBackend::Value {
    try x.image(
      as: MemoryDescriptor(x.shape.dimensions, dnnl_f32, .blocked), by: library.store)
  }

  /// The image row-major.
  func plain(_ x: OneDNNBackend::Value) throws -> OneDNNBackend::Value {
    try library.store.convert(x, to: MemoryDescriptor(x.descriptor.dimensions, dnnl_f32, .plain))
  }

  /// The image `count` times, unless it is there so often already.
  func expanded(_ x: OneDNNValue, to count: Int) throws -> OneDNNValue {
    guard x.count != count else { return x }
    precondition(x.count == 1, "\(x.shape) cannot be broadcast to \(count) images")
    let one = x.image
    let result = library.store.empty(Held(one.descriptor.with(objects: count)))
    for index in 0..<count {
      unsafe (result.buffer.start + index * one.descriptor.byteCount).copyMemory(
        from: one.buffer.start, byteCount: one.descriptor.byteCount)
    }
    return OneDNNValue(result)
  }
}
