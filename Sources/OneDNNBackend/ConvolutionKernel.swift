import COneDNN
import Execution
import Networks

/// A convolution with bias, residual and ReLU in one primitive.
///
/// On integers, summed directly, this is the formula of `IntegerConvolution`, bit for bit.
struct ConvolutionKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let overwritesLastInput: Bool
  private let kernel: Kernel
  private let images: ImageOperand?

  /// Chooses the implementation for one object whose input has the extents `shape`
  /// `[1, C, H, W]`, and packs the weights unless `packed` holds them in the same layout.
  init(
    _ step: Step, _ geometry: Convolution, in bound: BoundProgram, shape: [Int],
    arithmetic: Arithmetic, packed: PackedWeights, on engine: Engine
  ) throws(LibraryFailure) {
    let output = [1, geometry.outputChannels] + shape[2...].map(geometry.outputSize)
    let direct = ConvolutionOperands(step, geometry, in: bound)
    var operands = direct
    images = try direct.images.map { (preparation) throws(LibraryFailure) in
      try ImageOperand(preparation, geometry, shape: shape, type: direct.source)
    }
    let isRectified = bound.program.step(step.inputs[0])?.operation == .relu
    var algorithm = dnnl_convolution_direct
    if arithmetic == .fast, images == nil, let winograd = direct.winograd(isRectified: isRectified),
      try winograd.isAvailable(dnnl_convolution_winograd, from: shape, to: output, on: engine)
    {
      (operands, algorithm) = (winograd, dnnl_convolution_winograd)
    }
    let descriptor = try operands.descriptor(
      algorithm, from: images?.result.dimensions ?? shape, to: output, on: engine)
    let source = descriptor.layout(of: dnnl_query_src_md)
    self.output = descriptor.layout(of: dnnl_query_dst_md)
    let weights = try packed.weights(
      of: step.layer, as: descriptor.layout(of: dnnl_query_weights_md)
    ) { layout throws(LibraryFailure) in
      try operands.kernel().reordered(DNNL_ARG_WEIGHTS, to: layout, on: engine)
    }
    let biases =
      operands.bias.isEmpty
      ? [] : [Constant(DNNL_ARG_BIAS, try operands.biasLayout, operands.bias)]
    kernel = try Kernel(
      descriptor, inputs: [(DNNL_ARG_SRC, source)], output: (DNNL_ARG_DST, self.output),
      constants: [weights] + biases, on: engine)
    overwritesLastInput = step.addsResidual
    inputs =
      [images?.source ?? source]
      + (step.addsResidual ? [self.output.with(operands.residual)] : [])
  }

  var workspaceByteCount: Int { imageByteCount + kernel.workspaceByteCount }

  private var imageByteCount: Int { images?.result.byteCount.roundedUp(to: 64) ?? 0 }

  func run(_ operands: StepOperands) throws(LibraryFailure) {
    guard let images else { return try kernel.run(operands) }
    let prepared = unsafe operands.workspace
    unsafe images.run(operands.inputs[0], to: prepared)
    try unsafe kernel.run(
      StepOperands(
        [prepared] + operands.inputs.dropFirst(), operands.output, prepared + imageByteCount))
  }
}

/// Kernels of a program's convolutions in the layouts that its primitives read.
final class PackedWeights {
  private var weights: [String: [Constant]] = [:]

  /// The kernel of `layer` in `layout`; what `pack` returns where it was not asked for before.
  func weights(
    of layer: String, as layout: MemoryDescriptor,
    pack: (MemoryDescriptor) throws(LibraryFailure) -> Constant
  ) throws(LibraryFailure) -> Constant {
    if let known = weights[layer]?.first(where: { $0.descriptor == layout }) { return known }
    let made = try pack(layout)
    weights[layer, default: []].append(made)
    return made
  }
}

extension Convolution {
  /// The extents of the kernel, `[out, in, kh, kw]`.
  var weightDimensions: [Int] { [outputChannels, inputChannels, kernel, kernel] }

  /// The windows of the two spatial dimensions.
  var window: SlidingWindow { window(padding: padding) }

  /// The same on an image with its padding around it.
  var unpaddedWindow: SlidingWindow { window(padding: 0) }

  private func window(padding: Int) -> SlidingWindow {
    SlidingWindow(
      kernel: [kernel, kernel], strides: [stride, stride], dilations: [1, 1],
      padsBefore: [padding, padding], padsAfter: [padding, padding])
  }
}
