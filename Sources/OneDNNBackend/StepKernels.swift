import COneDNN
import Execution
import Networks
import Quantization
import Tensors

/// Chooses the kernels of a program's steps, for one object.
struct StepKernels {
  private let bound: BoundProgram
  private let arithmetic: Arithmetic
  private let packed: PackedWeights
  private let engine: Engine

  /// A chooser for the steps of `bound`.
  init(
    _ bound: BoundProgram, _ arithmetic: Arithmetic, _ packed: PackedWeights, _ engine: Engine
  ) {
    self.bound = bound
    self.arithmetic = arithmetic
    self.packed = packed
    self.engine = engine
  }

  /// The kernel of `step` for operands that are held like this; it may want them otherwise.
  func kernel(for step: Step, _ operands: [Held]) throws(LibraryFailure) -> any StepKernel {
    let x = operands[0]
    switch (step.operation, bound.parameters(of: step)) {
    case (.convolution(let geometry), .float(.convolution(let weight, let bias, nil)))
    where NarrowConvolution.suits(geometry) && !step.addsResidual && !step.appliesReLU:
      let isHalf = bound.plan[step] == .bfloat16 && Processor.hasBFloat16
      return try NarrowConvolution(
        geometry, layer: step.layer, weight: weight.values, bias: bias,
        type: isHalf ? dnnl_bf16 : dnnl_f32, shape: x.descriptor.dimensions, packed: packed,
        on: engine)
    case (.convolution(let geometry), _):
      return try ConvolutionKernel(
        step, geometry, in: bound, shape: x.descriptor.dimensions, arithmetic: arithmetic,
        packed: packed, on: engine)
    case (.normalize, .float(.normalization(let mean, let deviation))):
      return try PointwiseKernel(
        try real(x).with(dnnl_f32), dnnl_binary_sub, mean, dnnl_binary_div, deviation, on: engine)
    case (.batchNormalization, .float(.batchNormalization(let scale, let shift))):
      return try PointwiseKernel(
        try real(x).with(dnnl_f32), dnnl_binary_mul, scale, dnnl_binary_add, shift, on: engine)
    case (.relu, _):
      return try rectification(of: x, by: step)
    case (.maxPool(let pool), _):
      let held = try kept(x, by: step)
      let layout = held.quantization == nil ? held.descriptor : try channelsLast(held)
      return try PoolingKernel(
        dnnl_pooling_max, layout, pool.window,
        to: try layout.resized(layout.dimensions[2...].map(pool.outputSize)), on: engine)
    case (.upsample(let factor), _): return try upsampling(step, operands, factor)
    case (.add, _):
      if let sum = bound.integerSum(of: step) {
        return try IntegerSumKernel(sum, of: try operands.map(channelsLast))
      }
      return try SumKernel(
        operands.count, of: try real(x).with(resultType(step, operands)), on: engine)
    case (.concatenate, _):
      return try concatenation(step, operands)
    default: preconditionFailure("step '\(step.name)' is bound to another kind of parameters")
    }
  }

  private func rectification(
    of held: Held, by step: Step
  ) throws(LibraryFailure) -> any StepKernel {
    guard case .quantized(let result) = bound.storage(of: step.name),
      let quantization = held.quantization, quantization.rectified == result
    else { return try PointwiseKernel(rectifying: try real(held), on: engine) }
    return try PointwiseKernel(
      rectifying: held.descriptor, zeroPoint: quantization.zeroPoint, on: engine)
  }

  private func upsampling(
    _ step: Step, _ operands: [Held], _ factor: Int
  ) throws(LibraryFailure) -> any StepKernel {
    let addend = step.addsResidual ? operands[1] : nil
    func larger(_ layout: MemoryDescriptor) throws(LibraryFailure) -> MemoryDescriptor {
      try layout.resized(layout.dimensions[2...].map { factor * $0 })
    }
    if let sum = bound.integerSum(of: step) {
      let layout = try channelsLast(operands[0])
      let output = try larger(layout).with(sum.output.elementType.oneDNN)
      guard operands.allSatisfy({ $0.quantization != nil }),
        addend?.descriptor.type ?? output.type == output.type
      else {
        return try IntegerSumKernel(
          sum, of: try operands.map(channelsLast), upsampling: factor)
      }
      let addend = try addend.map { (held) throws(LibraryFailure) in try channelsLast(held) }
      return try UpsamplingKernel(sum, layout, to: output, addend: addend, on: engine)
    }
    let dimensions = operands[0].descriptor.dimensions
    if addend == nil, dimensions[1] % Processor.channelBlock != 0 {
      return try PlaneUpsampling(try MemoryDescriptor(dimensions, dnnl_f32, .plain), by: factor)
    }
    let layout = try real(operands[0]).with(resultType(step, operands))
    let output = try larger(layout)
    return try UpsamplingKernel(
      layout, to: output,
      addend == nil ? [] : [.sum(scale: 1, zeroPoint: 0, type: output.type)],
      addend: addend == nil ? nil : output, on: engine)
  }

  private func concatenation(
    _ step: Step, _ operands: [Held]
  ) throws(LibraryFailure) -> any StepKernel {
    var dimensions = operands[0].descriptor.dimensions
    let channels = operands.map { $0.descriptor.dimensions[1] }
    dimensions[1] = channels.reduce(0, +)
    let storage = bound.storage(of: step.name)
    let whole = try ValueStore.standard(dimensions, as: storage)
    let layout =
      whole.quantization == nil
      ? ValueStore.layout(of: channels) : ValueStore.integerLayout(of: dimensions[1])
    let type = whole.descriptor.type
    var parts: [MemoryDescriptor] = []
    for count in channels {
      parts.append(try MemoryDescriptor([1, count] + dimensions[2...], type, layout))
    }
    let isChannelsLast = if case .channelsLast = layout { true } else { false }
    return JoinKernel(
      parts, to: try MemoryDescriptor(dimensions, type, layout), isChannelsLast: isChannelsLast)
  }

  /// The type in which `step` adds real numbers: that of its result, unless an operand has more
  /// digits.
  private func resultType(_ step: Step, _ operands: [Held]) -> dnnl_data_type_t {
    let isHalf =
      bound.storage(of: step.name) == .bfloat16
      && operands.allSatisfy { $0.descriptor.type == dnnl_bf16 }
    return isHalf ? dnnl_bf16 : dnnl_f32
  }

  /// How a sum of integers reads `held`: channels last.
  private func channelsLast(_ held: Held) throws(LibraryFailure) -> MemoryDescriptor {
    try MemoryDescriptor(held.descriptor.dimensions, held.descriptor.type, .channelsLast)
  }

  /// How `held` lies as real numbers: as it does, or where it is integers in the layout of real
  /// numbers.
  private func real(_ held: Held) throws(LibraryFailure) -> MemoryDescriptor {
    held.quantization == nil
      ? held.descriptor
      : try ValueStore.standard(held.descriptor.dimensions, as: .float32).descriptor
  }

  /// How a step that keeps within its input's range reads it: as integers where its value is held
  /// as the same integers, else as real numbers.
  private func kept(_ held: Held, by step: Step) throws(LibraryFailure) -> Held {
    if case .quantized(let quantization) = bound.storage(of: step.name),
      held.quantization == quantization
    {
      return held
    }
    return Held(try real(held))
  }
}

extension MaxPool {
  /// The windows of the two spatial dimensions.
  var window: SlidingWindow {
    SlidingWindow(
      kernel: [kernel, kernel], strides: [stride, stride], dilations: [1, 1],
      padsBefore: [padding, padding], padsAfter: [padding, padding])
  }
}
