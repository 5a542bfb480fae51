import COneDNN
import Execution

/// The largest element, or the mean, under each window; padding never wins.
struct PoolingKernel: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let kernel: Kernel

  /// `algorithm` over `window`, which has no dilations and whose pads lead to `output`.
  init(
    _ algorithm: dnnl_alg_kind_t, _ input: MemoryDescriptor, _ window: SlidingWindow,
    to output: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    inputs = [input]
    self.output = output
    kernel = try Kernel(
      PrimitiveDescriptor(
        window.pooling(algorithm, from: input, to: output), on: engine),
      inputs: [(DNNL_ARG_SRC, input)], output: (DNNL_ARG_DST, output), on: engine)
  }
}

/// Bilinear, half-pixel centres, as oneDNN's linear resampling defines it.
struct UpsamplingKernel: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let overwritesLastInput: Bool
  let kernel: Kernel

  /// From `input` to the extents of `output`, followed by `postOperations`; where these begin with
  /// a sum, the last input is what it adds.
  init(
    _ input: MemoryDescriptor, to output: MemoryDescriptor,
    _ postOperations: [PostOperation] = [], addend: MemoryDescriptor? = nil, on engine: Engine
  ) throws(LibraryFailure) {
    inputs = [input] + (addend.map { [$0] } ?? [])
    self.output = output
    overwritesLastInput = addend != nil
    let operation = unsafe PrimitiveOperation("COneDNN_resampling", [input, output]) {
      unsafe COneDNN_resampling($0, $1, dnnl_resampling_linear, $2[0], $2[1], $3)
    }
    var attributes = PrimitiveAttributes()
    attributes.postOperations = postOperations
    kernel = try Kernel(
      PrimitiveDescriptor(operation, attributes, on: engine),
      inputs: [(DNNL_ARG_SRC, input)], output: (DNNL_ARG_DST, output), on: engine)
  }
}
