import COneDNN
import Tensors

/// A convolution or its transpose on weights that come with every run.
///
/// It reads the source, the weights and, if there is one, the bias.
struct WindowKernel: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let kernel: Kernel

  /// A convolution of binary32 numbers. Colours and masks are read row-major.
  init(convolving operation: WindowOperation, on engine: Engine) throws(LibraryFailure) {
    let isFewChannels = operation.source[1] < 4 && operation.groups == 1
    let bias = try operation.bias
    let descriptor = try PrimitiveDescriptor(
      operation.window.convolution(
        from: try MemoryDescriptor(
          operation.source.dimensions, dnnl_f32, isFewChannels ? .plain : .blocked),
        weights: try operation.weights(dnnl_f32), bias: bias,
        to: try MemoryDescriptor(operation.destination.dimensions, dnnl_f32, .blocked)),
      on: engine)
    try self.init(descriptor, bias: bias, on: engine)
  }

  /// The transpose of a convolution of binary32 numbers.
  init(transposing operation: WindowOperation, on engine: Engine) throws(LibraryFailure) {
    let bias = try operation.bias
    let descriptor = try PrimitiveDescriptor(
      operation.window.transposedConvolution(
        from: try MemoryDescriptor(operation.source.dimensions, dnnl_f32, .blocked),
        weights: try operation.weights(dnnl_f32), bias: bias,
        to: try MemoryDescriptor(operation.destination.dimensions, dnnl_f32, .blocked)),
      on: engine)
    try self.init(descriptor, bias: bias, on: engine)
  }

  /// The sums of a convolution of 8-bit integers, those of `type` less `zeroPoint`.
  init(
    summing operation: WindowOperation, _ type: dnnl_data_type_t, zeroPoint: Int32,
    on engine: Engine
  ) throws(LibraryFailure) {
    var attributes = PrimitiveAttributes()
    attributes.zeroPoints = [DNNL_ARG_SRC: zeroPoint]
    let descriptor = try PrimitiveDescriptor(
      operation.window.convolution(
        from: try MemoryDescriptor(operation.source.dimensions, type, .channelsLast),
        weights: try operation.weights(dnnl_s8), bias: .none,
        to: try MemoryDescriptor(operation.destination.dimensions, dnnl_s32, .channelsLast)),
      attributes, on: engine)
    try self.init(descriptor, bias: .none, on: engine)
  }

  private init(
    _ descriptor: borrowing PrimitiveDescriptor, bias: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    try descriptor.requireKernel()
    inputs =
      [descriptor.layout(of: dnnl_query_src_md), descriptor.layout(of: dnnl_query_weights_md)]
      + (bias == .none ? [] : [bias])
    output = descriptor.layout(of: dnnl_query_dst_md)
    kernel = try Kernel(
      descriptor,
      inputs: zip([DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS], inputs).map { ($0, $1) },
      output: (DNNL_ARG_DST, output), on: engine)
  }
}

extension WindowOperation {
  fileprivate var bias: MemoryDescriptor {
    get throws(LibraryFailure) {
      hasBias ? try MemoryDescriptor([outputChannels], dnnl_f32, .plain) : .none
    }
  }

  fileprivate func weights(_ type: dnnl_data_type_t) throws(LibraryFailure) -> MemoryDescriptor {
    try MemoryDescriptor(weightDimensions, type, .any)
  }
}
