import COneDNN
import Networks
import Quantization

/// A function of each element and its channel.
struct PointwiseKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  private let kernel: Kernel

  /// Two binary operations after one another, each with one number for every channel.
  init(
    _ layout: MemoryDescriptor, _ first: dnnl_alg_kind_t, _ operand: [Float],
    _ second: dnnl_alg_kind_t, _ otherOperand: [Float], on engine: Engine
  ) throws(LibraryFailure) {
    // Beside blocks of channels, oneDNN reads row-major numbers one element at a time.
    let isBlocked =
      try layout == MemoryDescriptor(layout.dimensions, layout.type, .blocked)
    let channels = try MemoryDescriptor.perChannel(
      operand.count, rank: layout.dimensions.count, isBlocked ? .blocked : .plain)
    var attributes = PrimitiveAttributes()
    attributes.postOperations = [.binary(second, channels)]
    inputs = [layout]
    kernel = try Kernel(
      PrimitiveDescriptor(
        binary(first, layout, channels, to: layout), attributes, on: engine),
      [
        Constant(DNNL_ARG_SRC_1, channels, operand),
        Constant(COneDNN_postOpOperand(0), channels, otherOperand),
      ], on: engine)
  }

  /// `max(x, 0)`, on integers the larger of the integer and its zero point.
  init(
    rectifying layout: MemoryDescriptor, _ quantization: AffineQuantization?, on engine: Engine
  ) throws(LibraryFailure) {
    inputs = [layout]
    guard let quantization else {
      var operation = dnnl_eltwise_desc_t()
      var x = layout.raw
      try unsafe check(
        "dnnl_eltwise_forward_desc_init",
        dnnl_eltwise_forward_desc_init(
          &operation, dnnl_forward_inference, dnnl_eltwise_relu, &x, 0, 0))
      kernel = try Kernel(PrimitiveDescriptor(operation, on: engine), on: engine)
      return
    }
    let zero = try MemoryDescriptor.perChannel(1).with(layout.type)
    kernel = try Kernel(
      PrimitiveDescriptor(binary(dnnl_binary_max, layout, zero, to: layout), on: engine),
      [Constant(DNNL_ARG_SRC_1, zero, [UInt8(truncatingIfNeeded: quantization.zeroPoint)])],
      on: engine)
  }

  func run(_ inputs: [Value], mayOverwriteLast: Bool, in store: ValueStore) throws -> Value {
    let result =
      mayOverwriteLast
      ? inputs[0] : store.empty(inputs[0].descriptor, inputs[0].quantization)
    try kernel(inputs[0](DNNL_ARG_SRC_0), result(DNNL_ARG_DST))
    return result
  }
}

/// The sum of several values, from the first to the last.
struct SumKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  private let output: MemoryDescriptor
  private let one: MemoryDescriptor
  private let kernel: Kernel

  init(
    _ inputs: [MemoryDescriptor], to output: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    self.inputs = inputs
    self.output = output
    one = inputs.allSatisfy { $0 == output } ? output : output.with(objects: 1)
    kernel = try Kernel(
      PrimitiveDescriptor(binary(dnnl_binary_add, one, one, to: one), on: engine), on: engine)
  }

  func run(_ inputs: [Value], mayOverwriteLast: Bool, in store: ValueStore) throws -> Value {
    let result = store.empty(output)
    for object in 0..<output.dimensions[0] / one.dimensions[0] {
      var sum = inputs[0]
      for term in inputs.dropFirst() {
        try kernel(
          sum(DNNL_ARG_SRC_0, object: object, as: one),
          term(DNNL_ARG_SRC_1, object: object, as: one),
          result(DNNL_ARG_DST, object: object, as: one))
        sum = result
      }
    }
    return result
  }
}

/// Values behind one another along their channels.
struct ConcatenationKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  private let output: MemoryDescriptor
  private let parts: [MemoryDescriptor]
  private let whole: MemoryDescriptor
  private let kernel: Kernel

  init(
    _ inputs: [MemoryDescriptor], to output: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    self.inputs = inputs
    self.output = output
    let objects = inputs.allSatisfy { $0.dimensions[0] == output.dimensions[0] }
    parts = objects ? inputs : inputs.map { $0.with(objects: 1) }
    whole = objects ? output : output.with(objects: 1)
    kernel = try Kernel(
      PrimitiveDescriptor(concatenating: parts, to: whole, on: engine), on: engine)
  }

  func run(_ inputs: [Value], mayOverwriteLast: Bool, in store: ValueStore) throws -> Value {
    let result = store.empty(output)
    for object in 0..<output.dimensions[0] / whole.dimensions[0] {
      let operands = zip(inputs, parts).enumerated().map { index, part in
        part.0(DNNL_ARG_MULTIPLE_SRC + Int32(index), object: object, as: part.1)
      }
      try kernel.run(operands + [result(DNNL_ARG_DST, object: object, as: whole)])
    }
    return result
  }
}

/// The operation `algorithm` on two operands; extents of 1 of the second are broadcast. Wraps
/// `dnnl_binary_desc_init`.
func binary(
  _ algorithm: dnnl_alg_kind_t, _ left: MemoryDescriptor, _ right: MemoryDescriptor,
  to result: MemoryDescriptor
) throws(LibraryFailure) -> dnnl_binary_desc_t {
  var operation = dnnl_binary_desc_t()
  var (left, right, result) = (left.raw, right.raw, result.raw)
  try unsafe check(
    "dnnl_binary_desc_init",
    dnnl_binary_desc_init(&operation, algorithm, &left, &right, &result))
  return operation
}
