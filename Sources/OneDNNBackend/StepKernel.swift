import COneDNN
import Execution
import Networks
import Quantization
import Tensors

/// A step prepared for inputs of certain shapes.
protocol StepKernel {
  /// How it reads its inputs.
  var inputs: [MemoryDescriptor] { get }

  /// The step's value before it is stored. Where `mayOverwriteLast`, the last input is nobody
  /// else's.
  func run(_ inputs: [Value], mayOverwriteLast: Bool, in store: ValueStore) throws -> Value
}

/// Prepares the steps of a program; to be used on one thread.
final class StepKernels {
  private let bound: BoundProgram
  private let store: ValueStore
  private var kernels: [String: RecentCache<[Shape], any StepKernel>] = [:]

  /// A preparer of the steps of `bound`.
  init(_ bound: BoundProgram, store: ValueStore) {
    self.bound = bound
    self.store = store
  }

  /// `step` for inputs of these shapes. Throws ``ExecutionError`` for shapes that do not fit.
  func kernel(for step: Step, shapes: [Shape]) throws -> any StepKernel {
    let output = try step.outputShape(for: shapes)
    // The few shapes of a clip: memory grows, objects appear.
    var cache = kernels[step.name] ?? RecentCache(capacity: 4)
    defer { kernels[step.name] = cache }
    let known = cache.values
    return try cache.value(for: shapes) {
      try make(step, shapes, output, siblings: known)
    }
  }

  private func make(
    _ step: Step, _ shapes: [Shape], _ output: Shape, siblings: [any StepKernel]
  ) throws -> any StepKernel {
    let engine = store.engine
    switch (step.operation, bound.parameters(of: step)) {
    case (.convolution(let geometry), let parameters):
      return try ConvolutionKernel(
        step, geometry, parameters, shapes: shapes, output: output,
        siblings: siblings.compactMap { $0 as? ConvolutionKernel }, on: engine)
    case (.normalize, .float(.normalization(let mean, let deviation))):
      return try PointwiseKernel(
        try store.descriptor(shapes[0]), dnnl_binary_sub, mean, dnnl_binary_div, deviation,
        on: engine)
    case (.batchNormalization, .float(.batchNormalization(let scale, let shift))):
      return try PointwiseKernel(
        try store.descriptor(shapes[0]), dnnl_binary_mul, scale, dnnl_binary_add, shift,
        on: engine)
    case (.relu, _):
      let (layout, quantization) = try held(step, shapes[0])
      return try PointwiseKernel(rectifying: layout, quantization, on: engine)
    case (.maxPool(let pool), _):
      let (layout, _) = try held(step, shapes[0])
      return try PoolingKernel(
        dnnl_pooling_max, layout, pool.window,
        to: try store.descriptor(output).with(layout.type), on: engine)
    case (.upsample, _):
      return try UpsamplingKernel(
        try store.descriptor(shapes[0]), to: try store.descriptor(output), on: engine)
    case (.add, _):
      return try SumKernel(
        try shapes.map(store.descriptor), to: try store.descriptor(output), on: engine)
    case (.concatenate, _):
      let layout = store.layout(of: shapes.map { $0[1] })
      return try ConcatenationKernel(
        try shapes.map { try MemoryDescriptor($0.dimensions, dnnl_f32, layout) },
        to: try MemoryDescriptor(output.dimensions, dnnl_f32, layout), on: engine)
    case (.memoryRead, _):
      return try MemoryReadKernel(keys: shapes[0], values: shapes[1], output: output, on: engine)
    default: preconditionFailure("step '\(step.name)' is bound to another kind of parameters")
    }
  }

  /// How a step that keeps within its input's range reads it: as integers where its value is
  /// held as the same integers, else as binary32.
  private func held(
    _ step: Step, _ shape: Shape
  ) throws -> (MemoryDescriptor, AffineQuantization?) {
    let layout = try store.descriptor(shape)
    guard case .quantized(let quantization) = bound.storage(of: step.name),
      bound.storage(of: step.inputs[0]) == .quantized(quantization)
    else { return (layout, nil) }
    return (layout.with(quantization.elementType.oneDNN), quantization)
  }
}

extension MaxPool {
  /// The windows of the two spatial dimensions.
  fileprivate var window: SlidingWindow {
    SlidingWindow(
      kernel: [kernel, kernel], strides: [stride, stride], dilations: [1, 1],
      padsBefore: [padding, padding], padsAfter: [padding, padding])
  }
}
