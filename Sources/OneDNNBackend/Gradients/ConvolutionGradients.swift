import COneDNN
import Execution
import Networks
import Tensors

/// How the convolutions of ``OneDNNGradientKernels`` lie: images of up to 3 channels, colours and
/// masks, row-major, all others in blocks of channels. The zeros that the last block is filled up
/// with are convolved like channels, since oneDNN has plain loops for anything else.
struct ConvolutionLayouts {
  let geometry: Convolution
  /// The shape of the source, `[N, C, H, W]`.
  let shape: Shape
  /// The type of the operands of products.
  let type: dnnl_data_type_t

  private var hasFewChannels: Bool { type == dnnl_f32 && geometry.inputChannels < 4 }

  /// The number of channels that are read.
  var inputChannels: Int {
    hasFewChannels
      ? geometry.inputChannels : geometry.inputChannels.roundedUp(to: Processor.channelBlock)
  }

  /// The source.
  var source: MemoryDescriptor {
    get throws(LibraryFailure) {
      try MemoryDescriptor(
        [shape[0], inputChannels] + shape.dimensions[2...], type,
        hasFewChannels ? .plain : .blocked)
    }
  }

  /// The source without the channels that are filled up.
  var image: MemoryDescriptor {
    get throws(LibraryFailure) {
      try MemoryDescriptor(shape.dimensions, type, hasFewChannels ? .plain : .blocked)
    }
  }

  /// The extents of the kernels of `channels` output channels, `[out, in, kh, kw]`.
  func weightDimensions(_ channels: Int) -> [Int] {
    [channels, inputChannels, geometry.kernel, geometry.kernel]
  }

  /// The result, or its gradient, with elements of `type`.
  func destination(_ type: dnnl_data_type_t) throws(LibraryFailure) -> MemoryDescriptor {
    try MemoryDescriptor(
      [
        shape[0], geometry.outputChannels, geometry.outputSize(shape[2]),
        geometry.outputSize(shape[3]),
      ], type, .blocked)
  }

  /// The choice of implementation for the gradient `operation`: by Winograd's algorithm where it can
  /// be used and pays, and oneDNN has it, else by the direct one. (Forwards, the kernels that oneDNN
  /// has take longer to pack than they save, and add up in an order that depends on the threads.)
  func gradientDescriptor(
    on engine: Engine, _ operation: (SlidingWindow, dnnl_alg_kind_t) -> PrimitiveOperation
  ) throws(LibraryFailure) -> PrimitiveDescriptor {
    if suitsWinograd {
      do throws(LibraryFailure) {
        return try PrimitiveDescriptor(
          operation(geometry.window, dnnl_convolution_winograd), on: engine)
      } catch { guard error.status == dnnl_unimplemented else { throw error } }
    }
    return try PrimitiveDescriptor(
      operation(geometry.window, dnnl_convolution_direct), on: engine)
  }

  /// Whether Winograd's algorithm can be used, and channels and pixels are enough to make its
  /// transformations small beside the products.
  private var suitsWinograd: Bool {
    type == dnnl_f32 && geometry.kernel == 3 && geometry.stride == 1
      && geometry.inputChannels >= 32 && geometry.outputChannels >= 32
      && shape[2] * shape[3] >= 576
  }

  /// The kernel, as the primitive likes it.
  var weights: MemoryDescriptor {
    get throws(LibraryFailure) {
      try MemoryDescriptor(weightDimensions(geometry.outputChannels), type, .any)
    }
  }
}

/// A convolution that reads its source, its weights, a bias and a residual, the last two where there
/// are any.
struct ConvolutionRun: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let kernel: Kernel

  init(
    _ layouts: ConvolutionLayouts, _ end: ConvolutionEnd, on engine: Engine
  ) throws(LibraryFailure) {
    output = try layouts.destination(dnnl_f32)
    let bias: MemoryDescriptor =
      end.hasBias
      ? try MemoryDescriptor([layouts.geometry.outputChannels], dnnl_f32, .plain) : .none
    var attributes = PrimitiveAttributes()
    if end.addsResidual { attributes.postOperations.append(.binary(dnnl_binary_add, output)) }
    if end.appliesReLU { attributes.postOperations.append(.relu) }
    let descriptor = try PrimitiveDescriptor(
      layouts.geometry.window.convolution(
        from: try layouts.source, weights: try layouts.weights, bias: bias, to: output),
      attributes, on: engine)
    var operands = [
      (DNNL_ARG_SRC, try layouts.source),
      (DNNL_ARG_WEIGHTS, descriptor.layout(of: dnnl_query_weights_md)),
    ]
    if end.hasBias { operands.append((DNNL_ARG_BIAS, bias)) }
    if end.addsResidual { operands.append((COneDNN_postOpOperand(0), output)) }
    inputs = [try layouts.image] + operands.dropFirst().map(\.1)
    kernel = try Kernel(
      descriptor, inputs: operands, output: (DNNL_ARG_DST, output), on: engine)
  }
}

/// The gradient of a convolution by its source; it reads that by the result, and the weights.
struct ConvolutionByData: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let kernel: Kernel

  init(_ layouts: ConvolutionLayouts, on engine: Engine) throws(LibraryFailure) {
    output = try MemoryDescriptor(layouts.shape.dimensions, dnnl_f32, .blocked)
    let gradient = try layouts.destination(layouts.type)
    let source = try MemoryDescriptor(
      [output.dimensions[0], layouts.inputChannels] + output.dimensions[2...], dnnl_f32, .blocked)
    let weights = try layouts.weights
    let descriptor = try layouts.gradientDescriptor(on: engine) { window, algorithm in
      window.convolutionGradient(algorithm, by: source, weights: weights, of: gradient)
    }
    inputs = [gradient, descriptor.layout(of: dnnl_query_weights_md)]
    kernel = try Kernel(
      descriptor,
      inputs: [(DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_WEIGHTS, inputs[1])],
      output: (DNNL_ARG_DIFF_SRC, source), on: engine)
  }
}

/// The gradient of one image's convolution by the kernels of some of its output channels; it reads
/// the gradient by these channels of the result, and the source.
struct ConvolutionByWeights: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let kernel: Kernel

  /// For `channels` output channels of a convolution whose `layouts` are those of one image.
  init(
    _ layouts: ConvolutionLayouts, channels: Int, on engine: Engine
  ) throws(LibraryFailure) {
    let (source, whole) = (try layouts.source, try layouts.destination(layouts.type))
    let gradient = try MemoryDescriptor(
      [1, channels] + whole.dimensions[2...], layouts.type, .blocked)
    let weights = try MemoryDescriptor(
      layouts.weightDimensions(channels), dnnl_f32, .any)
    let descriptor = try layouts.gradientDescriptor(on: engine) { window, algorithm in
      window.convolutionGradients(
        algorithm, of: gradient, source: source, byWeights: weights, bias: .none)
    }
    inputs = [gradient, source]
    output = descriptor.layout(of: dnnl_query_diff_weights_md)
    kernel = try Kernel(
      descriptor, inputs: [(DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_SRC, source)],
      output: (DNNL_ARG_DIFF_WEIGHTS, output), on: engine)
  }

  /// The runs of output channels that are computed apart: so few that there is work for several
  /// threads, and the same ones whatever the number of these, so that results are, too.
  static func parts(of channels: Int) -> [Range<Int>] {
    let size = max(64, channels / 4).roundedUp(to: Processor.channelBlock)
    return stride(from: 0, to: channels, by: size).map { $0..<min($0 + size, channels) }
  }
}
