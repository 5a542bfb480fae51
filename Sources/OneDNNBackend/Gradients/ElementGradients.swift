import COneDNN
import Networks

/// `x * scale + shift` by channel; it reads `x`, the scales and the shifts.
struct AffineRun: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let kernel: Kernel

  init(_ layout: MemoryDescriptor, on engine: Engine) throws(LibraryFailure) {
    // Beside blocks of channels, oneDNN reads row-major numbers one element at a time.
    let isBlocked = try layout == MemoryDescriptor(layout.dimensions, dnnl_f32, .blocked)
    let channels = try MemoryDescriptor.perChannel(
      layout.dimensions[1], isBlocked ? .blocked : .plain)
    var attributes = PrimitiveAttributes()
    attributes.postOperations = [.binary(dnnl_binary_add, channels)]
    inputs = [layout, channels, channels]
    output = layout
    kernel = try Kernel(
      PrimitiveDescriptor(
        .binary(dnnl_binary_mul, layout, channels, to: layout), attributes, on: engine),
      inputs: [
        (DNNL_ARG_SRC_0, layout), (DNNL_ARG_SRC_1, channels), (COneDNN_postOpOperand(0), channels),
      ], output: (DNNL_ARG_DST, layout), on: engine)
  }
}

/// The gradient of a ReLU; it reads the gradient by its result, and the result.
struct ReLUGradient: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let kernel: Kernel

  init(_ layout: MemoryDescriptor, on engine: Engine) throws(LibraryFailure) {
    let operation = unsafe PrimitiveOperation("COneDNN_eltwiseGradient", [layout]) {
      unsafe COneDNN_eltwiseGradient(
        $0, $1, dnnl_eltwise_relu_use_dst_for_bwd, $2[0], 0, 0, $3)
    }
    inputs = [layout, layout]
    output = layout
    kernel = try Kernel(
      PrimitiveDescriptor(operation, on: engine),
      inputs: [(DNNL_ARG_DIFF_DST, layout), (DNNL_ARG_DST, layout)],
      output: (DNNL_ARG_DIFF_SRC, layout), on: engine)
  }
}

/// The gradient of a max pooling; it reads the gradient by its result, and what was pooled, which it
/// pools once more to find where the largest elements were.
struct MaxPoolGradient: StepKernel {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  private let forward: Kernel
  private let backward: Kernel
  private let places: MemoryDescriptor

  /// For what lies like `layout`.
  init(
    _ pool: MaxPool, _ layout: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    let pooled = try layout.resized(layout.dimensions[2...].map(pool.outputSize))
    let descriptor = try PrimitiveDescriptor(
      pool.window.pooling(dnnl_pooling_max, from: layout, to: pooled, for: dnnl_forward_training),
      on: engine)
    places = descriptor.layout(of: dnnl_query_workspace_md)
    // The places are written, but named with each run like what is read.
    forward = try Kernel(
      descriptor, inputs: [(DNNL_ARG_SRC, layout), (DNNL_ARG_WORKSPACE, places)],
      output: (DNNL_ARG_DST, pooled), on: engine)
    backward = try Kernel(
      PrimitiveDescriptor(
        pool.window.poolingGradient(dnnl_pooling_max, by: layout, of: pooled), on: engine),
      inputs: [(DNNL_ARG_DIFF_DST, pooled), (DNNL_ARG_WORKSPACE, places)],
      output: (DNNL_ARG_DIFF_SRC, layout), on: engine)
    inputs = [pooled, layout]
    output = layout
  }

  private var placeByteCount: Int { places.byteCount.roundedUp(to: 64) }
  private var pooledByteCount: Int { inputs[0].byteCount.roundedUp(to: 64) }

  var workspaceByteCount: Int {
    placeByteCount + pooledByteCount
      + max(forward.workspaceByteCount, backward.workspaceByteCount)
  }

  func run(_ operands: StepOperands) throws(LibraryFailure) {
    let places = unsafe operands.workspace
    let pooled = unsafe places + placeByteCount
    let scratch = unsafe pooled + pooledByteCount
    try unsafe forward.run(StepOperands([operands.inputs[1], places], pooled, scratch))
    try unsafe backward.run(
      StepOperands([operands.inputs[0], places], operands.output, scratch))
  }
}

/// The gradient of a bilinear upsampling; it reads that by its result.
struct UpsamplingGradient: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let kernel: Kernel

  /// For results of an upsampling by `factor` that lie like `layout`.
  init(_ layout: MemoryDescriptor, by factor: Int, on engine: Engine) throws(LibraryFailure) {
    let smaller = try layout.resized(layout.dimensions[2...].map { $0 / factor })
    let operation = unsafe PrimitiveOperation("COneDNN_resamplingGradient", [smaller, layout]) {
      unsafe COneDNN_resamplingGradient($0, $1, dnnl_resampling_linear, $2[0], $2[1], $3)
    }
    inputs = [layout]
    output = smaller
    kernel = try Kernel(
      PrimitiveDescriptor(operation, on: engine), inputs: [(DNNL_ARG_DIFF_DST, layout)],
      output: (DNNL_ARG_DIFF_SRC, smaller), on: engine)
  }
}
