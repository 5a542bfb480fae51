import COneDNN
import Execution

/// The largest element, or the mean, under each window; padding never wins.
struct PoolingKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  private let output: MemoryDescriptor
  private let kernel: Kernel

  /// `algorithm` over `window`, which has no dilations and whose pads lead to `output`.
  init(
    _ algorithm: dnnl_alg_kind_t, _ input: MemoryDescriptor, _ window: SlidingWindow,
    to output: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    inputs = [input]
    self.output = output
    kernel = try Kernel(
      PrimitiveDescriptor(
        window.pooling(algorithm, from: input, to: output), on: engine), on: engine)
  }

  func run(_ inputs: [Value], mayOverwriteLast: Bool, in store: ValueStore) throws -> Value {
    let result = store.empty(output, inputs[0].quantization)
    try kernel(inputs[0](DNNL_ARG_SRC), result(DNNL_ARG_DST))
    return result
  }
}

/// Bilinear, half-pixel centres, as oneDNN's linear resampling defines it.
struct UpsamplingKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  private let output: MemoryDescriptor
  private let kernel: Kernel

  init(
    _ input: MemoryDescriptor, to output: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    inputs = [input]
    self.output = output
    var operation = dnnl_resampling_desc_t()
    var (x, y) = (input.raw, output.raw)
    try unsafe check(
      "dnnl_resampling_forward_desc_init",
      dnnl_resampling_forward_desc_init(
        &operation, dnnl_forward_inference, dnnl_resampling_linear, nil, &x, &y))
    kernel = try Kernel(PrimitiveDescriptor(operation, on: engine), on: engine)
  }

  func run(_ inputs: [Value], mayOverwriteLast: Bool, in store: ValueStore) throws -> Value {
    let result = store.empty(output)
    try kernel(inputs[0](DNNL_ARG_SRC), result(DNNL_ARG_DST))
    return result
  }
}
