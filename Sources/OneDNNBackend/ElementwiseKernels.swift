import COneDNN

/// A function of each element and its channel.
struct PointwiseKernel: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let kernel: Kernel
  let output: MemoryDescriptor

  /// Two binary operations after one another, each with one number for every channel.
  init(
    _ layout: MemoryDescriptor, _ first: dnnl_alg_kind_t, _ operand: [Float],
    _ second: dnnl_alg_kind_t, _ otherOperand: [Float], on engine: Engine
  ) throws(LibraryFailure) {
    // Beside blocks of channels, oneDNN reads row-major numbers one element at a time.
    let isBlocked =
      try layout == MemoryDescriptor(layout.dimensions, layout.type, .blocked)
    let blocks = try MemoryDescriptor.perChannel(
      operand.count, rank: layout.dimensions.count, .blocked)
    let fillsBlocks = blocks.byteCount == operand.count * MemoryLayout<Float>.size
    let channels =
      isBlocked && fillsBlocks
      ? blocks
      : try MemoryDescriptor.perChannel(operand.count, rank: layout.dimensions.count)
    var attributes = PrimitiveAttributes()
    attributes.postOperations = [.binary(second, channels)]
    inputs = [layout]
    output = layout
    kernel = try Kernel(
      PrimitiveDescriptor(
        .binary(first, layout, channels, to: layout), attributes, on: engine),
      inputs: [(DNNL_ARG_SRC_0, layout)], output: (DNNL_ARG_DST, layout),
      constants: [
        Constant(DNNL_ARG_SRC_1, channels, operand),
        Constant(COneDNN_postOpOperand(0), channels, otherOperand),
      ], on: engine)
  }

  /// `max(x, 0)` of real numbers.
  init(rectifying layout: MemoryDescriptor, on engine: Engine) throws(LibraryFailure) {
    inputs = [layout]
    output = layout
    let operation = unsafe PrimitiveOperation("COneDNN_eltwise", [layout]) {
      unsafe COneDNN_eltwise($0, $1, dnnl_eltwise_relu, $2[0], 0, 0, $3)
    }
    kernel = try Kernel(
      PrimitiveDescriptor(operation, on: engine), inputs: [(DNNL_ARG_SRC, layout)],
      output: (DNNL_ARG_DST, layout), on: engine)
  }

  /// `max(q, zeroPoint) - zeroPoint`: `max(x, 0)` of integers of any type, unsigned with zero point
  /// 0 and the same scale.
  init(
    rectifying integers: MemoryDescriptor, zeroPoint: Int32, on engine: Engine
  ) throws(LibraryFailure) {
    inputs = [integers]
    output = integers.with(dnnl_u8)
    let zero = try MemoryDescriptor.perChannel(1, rank: integers.dimensions.count)
      .with(integers.type)
    var attributes = PrimitiveAttributes()
    if zeroPoint != 0 {
      attributes.postOperations = [.linear(alpha: 1, beta: Float(-zeroPoint))]
    }
    kernel = try Kernel(
      PrimitiveDescriptor(
        .binary(dnnl_binary_max, integers, zero, to: output), attributes, on: engine),
      inputs: [(DNNL_ARG_SRC_0, integers)], output: (DNNL_ARG_DST, output),
      constants: [Constant(DNNL_ARG_SRC_1, zero, [UInt8(truncatingIfNeeded: zeroPoint)])],
      on: engine)
  }
}

/// The sum of several values of one layout, from the first to the last.
struct SumKernel: StepKernel {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  private let kernel: Kernel

  /// A sum of `count` values.
  init(
    _ count: Int, of layout: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    inputs = Array(repeating: layout, count: count)
    output = layout
    kernel = try Kernel(
      PrimitiveDescriptor(.binary(dnnl_binary_add, layout, layout, to: layout), on: engine),
      inputs: [(DNNL_ARG_SRC_0, layout), (DNNL_ARG_SRC_1, layout)],
      output: (DNNL_ARG_DST, layout), on: engine)
  }

  var workspaceByteCount: Int { kernel.workspaceByteCount }

  func run(_ operands: StepOperands) throws(LibraryFailure) {
    var sum = unsafe operands.inputs[0]
    for index in 1..<inputs.count {
      try unsafe kernel.run(
        StepOperands([sum, operands.inputs[index]], operands.output, operands.workspace))
      unsafe sum = unsafe operands.output
    }
  }
}

/// Values behind one another along their channels.
struct ConcatenationKernel: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let output: MemoryDescriptor
  let kernel: Kernel

  init(
    _ inputs: [MemoryDescriptor], to output: MemoryDescriptor, on engine: Engine
  ) throws(LibraryFailure) {
    self.inputs = inputs
    self.output = output
    kernel = try Kernel(
      PrimitiveDescriptor(concatenating: inputs, to: output, on: engine),
      inputs: inputs.enumerated().map { (DNNL_ARG_MULTIPLE_SRC + Int32($0), $1) },
      output: (DNNL_ARG_DST, output), on: engine)
  }
}

extension PrimitiveOperation {
  /// The operation `algorithm` on two operands; extents of 1 of the second are broadcast. Wraps
  /// `dnnl_binary_primitive_desc_create`.
  static func binary(
    _ algorithm: dnnl_alg_kind_t, _ left: MemoryDescriptor, _ right: MemoryDescriptor,
    to result: MemoryDescriptor
  ) -> PrimitiveOperation {
    unsafe PrimitiveOperation("COneDNN_binary", [left, right, result]) {
      unsafe COneDNN_binary($0, $1, algorithm, $2[0], $2[1], $2[2], $3)
    }
  }
}
