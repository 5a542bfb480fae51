import COneDNN
import Execution
import Networks
import Quantization
import Tensors

/// A convolution with bias, residual and ReLU in one primitive.
///
/// On integers this is the formula of `IntegerConvolution`, bit for bit.
struct ConvolutionKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  private let output: MemoryDescriptor
  private let source: MemoryDescriptor
  private let destination: MemoryDescriptor
  private let rounds: Int
  private let weights: Constant
  private let kernel: Kernel

  /// Chooses the implementation and packs the weights, unless one of `siblings`, the same step
  /// for other shapes, has packed them in the same way.
  init(
    _ step: Step, _ geometry: Convolution, _ parameters: BoundProgram.Parameters,
    shapes: [Shape], output: Shape, siblings: [ConvolutionKernel], on engine: Engine
  ) throws(LibraryFailure) {
    let arithmetic = Arithmetic(step, parameters)
    // Where only the residual has several objects, the convolution runs once for each of them.
    rounds = output[0] / shapes[0][0]
    var dimensions = output.dimensions
    dimensions[0] = shapes[0][0]
    let bias =
      arithmetic.bias.isEmpty
      ? .none : try MemoryDescriptor([geometry.outputChannels], dnnl_f32, .plain)
    let descriptor = try PrimitiveDescriptor(
      geometry.operation(
        from: try MemoryDescriptor(
          shapes[0].dimensions, arithmetic.source,
          arithmetic.layout(isFewChannels: geometry.inputChannels < 4)),
        to: try MemoryDescriptor(dimensions, arithmetic.destination, arithmetic.layout()),
        weights: arithmetic.weight, bias: bias),
      arithmetic.attributes, on: engine)
    source = descriptor.layout(of: dnnl_query_src_md)
    destination = descriptor.layout(of: dnnl_query_dst_md)

    let packed = descriptor.layout(of: dnnl_query_weights_md)
    if let sibling = siblings.first(where: { $0.weights.descriptor == packed }) {
      weights = sibling.weights
    } else {
      weights = try arithmetic.pack(geometry.weightDimensions, as: packed, on: engine)
    }
    let biases = arithmetic.bias.isEmpty ? [] : [Constant(DNNL_ARG_BIAS, bias, arithmetic.bias)]
    kernel = try Kernel(descriptor, [weights] + biases, on: engine)

    self.output = destination.with(objects: output[0])
    inputs =
      [source]
      + (step.addsResidual
        ? [destination.with(objects: shapes[1][0]).with(arithmetic.residual)] : [])
  }

  func run(_ inputs: [Value], mayOverwriteLast: Bool, in store: ValueStore) throws -> Value {
    let result = try destination(for: inputs, mayOverwriteLast: mayOverwriteLast, in: store)
    for round in 0..<rounds {
      try kernel(
        inputs[0](DNNL_ARG_SRC), result(DNNL_ARG_DST, object: round, as: destination))
    }
    return result
  }

  /// Where the result goes: what is there already is added to it.
  private func destination(
    for inputs: [Value], mayOverwriteLast: Bool, in store: ValueStore
  ) throws -> Value {
    guard inputs.count == 2 else { return store.empty(output) }
    let residual = inputs[1]
    if mayOverwriteLast && residual.descriptor.dimensions == output.dimensions {
      return Value(descriptor: output, buffer: residual.buffer)
    }
    let copy = store.empty(output.with(residual.descriptor.type))
    try store.broadcast(residual, over: copy)
    return Value(descriptor: output, buffer: copy.buffer)
  }
}

extension Convolution {
  /// The extents of the kernel, `[out, in, kh, kw]`.
  var weightDimensions: [Int] { [outputChannels, inputChannels, kernel, kernel] }

  /// The convolution as oneDNN describes it.
  func operation(
    from source: MemoryDescriptor, to destination: MemoryDescriptor, weights: dnnl_data_type_t,
    bias: MemoryDescriptor = .none
  ) throws(LibraryFailure) -> dnnl_convolution_desc_t {
    try SlidingWindow(
      kernel: [kernel, kernel], strides: [stride, stride], dilations: [1, 1],
      padsBefore: [padding, padding], padsAfter: [padding, padding]
    ).convolution(
      from: source, weights: try MemoryDescriptor(weightDimensions, weights, .any), bias: bias,
      to: destination)
  }
}

/// What a convolution computes with.
private struct Arithmetic {
  let source: dnnl_data_type_t
  let weight: dnnl_data_type_t
  let destination: dnnl_data_type_t
  let residual: dnnl_data_type_t
  let bias: [Float]
  let attributes: PrimitiveAttributes
  private let kernel: Elements

  private enum Elements {
    case float([Float])
    case integer([Int8])
  }

  init(_ step: Step, _ parameters: BoundProgram.Parameters) {
    var attributes = PrimitiveAttributes()
    let sum: PostOperation
    switch parameters {
    case .float(.convolution(let weight, let bias)):
      (source, self.weight, destination, residual) = (dnnl_f32, dnnl_f32, dnnl_f32, dnnl_f32)
      kernel = .float(weight.values)
      self.bias = bias ?? []
      sum = .sum(scale: 1, zeroPoint: 0, type: dnnl_f32)
    case .integer(let convolution):
      source = convolution.input.elementType.oneDNN
      weight = dnnl_s8
      destination = convolution.output?.elementType.oneDNN ?? dnnl_f32
      residual = convolution.residual?.elementType.oneDNN ?? dnnl_f32
      kernel = .integer(convolution.weight)
      bias = convolution.bias
      attributes.outputScales = convolution.scale
      attributes.zeroPoints = [
        DNNL_ARG_SRC: convolution.input.zeroPoint,
        DNNL_ARG_DST: convolution.output?.zeroPoint ?? 0,
      ]
      sum = .sum(
        scale: convolution.residualScale, zeroPoint: convolution.residual?.zeroPoint ?? 0,
        type: residual)
    case .float:
      preconditionFailure("step '\(step.name)' is bound to another kind of parameters")
    }
    if step.addsResidual { attributes.postOperations.append(sum) }
    if step.appliesReLU { attributes.postOperations.append(.relu) }
    self.attributes = attributes
  }

  /// How images lie: channels last for integers; in blocks of channels for binary32, except
  /// colours and masks, which the first layers read row-major.
  func layout(isFewChannels: Bool = false) -> MemoryDescriptor.Layout {
    guard weight == dnnl_f32 else { return .channelsLast }
    return isFewChannels ? .plain : .blocked
  }

  /// The kernel `[out, in, kh, kw]` as `descriptor` lays it out.
  func pack(
    _ shape: [Int], as descriptor: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) -> Constant {
    let plain = try MemoryDescriptor(shape, weight, .plain)
    let elements =
      switch kernel {
      case .float(let values): Constant(DNNL_ARG_FROM, plain, values)
      case .integer(let values): Constant(DNNL_ARG_FROM, plain, values)
      }
    let packed = Constant(
      DNNL_ARG_WEIGHTS, descriptor, Buffer(byteCount: descriptor.byteCount))
    let reorder = try Kernel(
      PrimitiveDescriptor(reorder: plain, to: descriptor, on: engine), [elements], on: engine)
    try reorder(Operand(DNNL_ARG_TO, descriptor, packed.buffer))
    return packed
  }
}
