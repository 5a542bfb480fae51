import COneDNN
import Execution
import Networks
import Quantization
import Tensors

/// A convolution with bias, residual and ReLU in one primitive.
///
/// On integers, summed directly, this is the formula of `IntegerConvolution`, bit for bit.
struct ConvolutionKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let overwritesLastInput: Bool
  private let kernel: Kernel
  private let rearrangement: SpaceToDepth?
  private let rearranged: MemoryDescriptor
  private let zeroPoint: Int32

  /// Chooses the implementation for one object whose input has the extents `shape`
  /// `[1, C, H, W]`, and packs the weights unless `packed` holds them in the same layout.
  init(
    _ step: Step, _ geometry: Convolution, in bound: BoundProgram, shape: [Int],
    arithmetic: Arithmetic, packed: PackedWeights, on engine: Engine
  ) throws(LibraryFailure) {
    let output = [1, geometry.outputChannels] + shape[2...].map(geometry.outputSize)
    let direct = ConvolutionOperands(step, geometry, in: bound)
    // In binary32 a product is one channel of each of many pixels.
    rearrangement = direct.source == dnnl_f32 ? nil : SpaceToDepth(geometry, shape: shape)
    var operands = rearrangement.map(direct.rearranged) ?? direct
    let sourceShape = rearrangement?.shape ?? shape
    let isRectified = bound.program.step(step.inputs[0])?.operation == .relu
    var algorithm = dnnl_convolution_direct
    if arithmetic == .fast, let winograd = direct.winograd(isRectified: isRectified),
      try winograd.isAvailable(dnnl_convolution_winograd, from: shape, to: output, on: engine)
    {
      (operands, algorithm) = (winograd, dnnl_convolution_winograd)
    }
    let descriptor = try operands.descriptor(algorithm, from: sourceShape, to: output, on: engine)
    rearranged = descriptor.layout(of: dnnl_query_src_md)
    self.output = descriptor.layout(of: dnnl_query_dst_md)
    zeroPoint = operands.sourceZeroPoint
    let weights = try packed.weights(
      of: step.layer, as: descriptor.layout(of: dnnl_query_weights_md)
    ) { layout throws(LibraryFailure) in
      try operands.kernel().reordered(DNNL_ARG_WEIGHTS, to: layout, on: engine)
    }
    let biases =
      operands.bias.isEmpty
      ? [] : [Constant(DNNL_ARG_BIAS, try operands.biasLayout, operands.bias)]
    kernel = try Kernel(
      descriptor, inputs: [(DNNL_ARG_SRC, rearranged)], output: (DNNL_ARG_DST, self.output),
      constants: [weights] + biases, on: engine)
    overwritesLastInput = step.addsResidual
    let source =
      rearrangement == nil
      ? rearranged : try MemoryDescriptor(shape, operands.source, direct.sourceLayout)
    inputs = [source] + (step.addsResidual ? [self.output.with(operands.residual)] : [])
  }

  var workspaceByteCount: Int { rearrangedByteCount + kernel.workspaceByteCount }

  private var rearrangedByteCount: Int {
    rearrangement == nil ? 0 : rearranged.byteCount.roundedUp(to: 64)
  }

  func run(_ operands: StepOperands) throws(LibraryFailure) {
    guard let rearrangement else { return try kernel.run(operands) }
    let (source, target) = unsafe (operands.inputs[0], operands.workspace)
    if rearranged.type == dnnl_bf16 {
      unsafe rearrangement.run(
        source.assumingMemoryBound(to: UInt16.self),
        to: target.assumingMemoryBound(to: UInt16.self),
        isChannelsLast: false, outside: 0)
    } else {
      unsafe rearrangement.run(
        source.assumingMemoryBound(to: UInt8.self), to: target.assumingMemoryBound(to: UInt8.self),
        isChannelsLast: true, outside: UInt8(truncatingIfNeeded: zeroPoint))
    }
    try unsafe kernel.run(
      StepOperands([target], operands.output, target + rearrangedByteCount))
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
  var window: SlidingWindow {
    SlidingWindow(
      kernel: [kernel, kernel], strides: [stride, stride], dilations: [1, 1],
      padsBefore: [padding, padding], padsAfter: [padding, padding])
  }
}
