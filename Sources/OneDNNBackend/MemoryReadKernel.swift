import COneDNN
import Networks
import Tensors

/// The space-time memory read, one object after the other, as two 1x1 convolutions.
///
/// The keys `[K, T·H·W]` are the weights of a convolution of the query, whose output channels are
/// the similarities; their softmax is convolved with the values `[V, T·H·W]`. A convolution adds
/// its input channels up in one thread, so the result does not depend on the number of threads;
/// a matrix product may split them.
struct MemoryReadKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  private let output: MemoryDescriptor
  private let match: PointConvolution
  private let softmax: Kernel
  private let read: PointConvolution

  /// For keys `[N, K, T, H, W]` and values `[N, V, T, H, W]`.
  init(
    keys: Shape, values: Shape, output: Shape, on engine: Engine
  ) throws(LibraryFailure) {
    let (keyChannels, entries) = (keys[1], keys[2] * keys[3] * keys[4])
    let size = [keys[3], keys[4]]
    self.output = try MemoryDescriptor(output.dimensions, dnnl_f32, .blocked)
    let similarities = try MemoryDescriptor([1, entries] + size, dnnl_f32, .blocked)
    match = try PointConvolution(
      from: try MemoryDescriptor([1, keyChannels] + size, dnnl_f32, .blocked),
      to: similarities, weightStrides: [1, entries, 1, 1],
      scale: 1 / Float(keyChannels).squareRoot(), on: engine)
    read = try PointConvolution(
      from: similarities, to: self.output.with(objects: 1),
      weightStrides: [entries, 1, 1, 1], on: engine)
    var operation = dnnl_softmax_desc_t()
    var data = similarities.raw
    try unsafe check(
      "dnnl_softmax_forward_desc_init",
      dnnl_softmax_forward_desc_init(&operation, dnnl_forward_inference, &data, 1))
    softmax = try Kernel(PrimitiveDescriptor(operation, on: engine), on: engine)
    inputs = [
      try MemoryDescriptor(keys.dimensions, dnnl_f32, .plain),
      try MemoryDescriptor(values.dimensions, dnnl_f32, .plain), match.source,
    ]
  }

  func run(_ inputs: [Value], mayOverwriteLast: Bool, in store: ValueStore) throws -> Value {
    let result = store.empty(output)
    let similarities = store.empty(read.source)
    for object in 0..<output.dimensions[0] {
      try match(inputs[2](DNNL_ARG_SRC), inputs[0], object, similarities(DNNL_ARG_DST), store)
      try softmax(similarities(DNNL_ARG_SRC), similarities(DNNL_ARG_DST))
      try read(
        similarities(DNNL_ARG_SRC), inputs[1], object,
        result(DNNL_ARG_DST, object: object, as: read.destination), store)
    }
    return result
  }
}

/// A 1x1 convolution whose weights are one object of a value.
private struct PointConvolution {
  let source: MemoryDescriptor
  let destination: MemoryDescriptor
  private let plain: MemoryDescriptor
  private let packed: MemoryDescriptor
  private let pack: Kernel
  private let kernel: Kernel

  /// The weights `[out, in, 1, 1]` lie in the value with `weightStrides`.
  init(
    from source: MemoryDescriptor, to destination: MemoryDescriptor, weightStrides: [Int],
    scale: Float = 1, on engine: Engine
  ) throws(LibraryFailure) {
    self.source = source
    self.destination = destination
    let convolution = Convolution(
      source.dimensions[1], destination.dimensions[1], kernel: 1, hasBias: false)
    plain = try MemoryDescriptor(
      convolution.weightDimensions, dnnl_f32, .strides(weightStrides))
    var attributes = PrimitiveAttributes()
    if scale != 1 { attributes.postOperations = [.linear(alpha: scale, beta: 0)] }
    let descriptor = try PrimitiveDescriptor(
      convolution.operation(from: source, to: destination, weights: dnnl_f32), attributes,
      on: engine)
    packed = descriptor.layout(of: dnnl_query_weights_md)
    kernel = try Kernel(descriptor, on: engine)
    pack = try Kernel(PrimitiveDescriptor(reorder: plain, to: packed, on: engine), on: engine)
  }

  func callAsFunction(
    _ x: Operand, _ weights: Value, _ object: Int, _ y: Operand, _ store: ValueStore
  ) throws(LibraryFailure) {
    let buffer = store.engine.pool.buffer(byteCount: packed.byteCount)
    try pack(
      weights(DNNL_ARG_FROM, object: object, as: plain), Operand(DNNL_ARG_TO, packed, buffer))
    try kernel(x, Operand(DNNL_ARG_WEIGHTS, packed, buffer), y)
  }
}
