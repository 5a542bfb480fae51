import COneDNN

/// What happens to a primitive's result before it is stored.
enum PostOperation {
  /// Adds `scale` times what the destination held, as elements of `type`.
  case sum(scale: Float, zeroPoint: Int32, type: dnnl_data_type_t)
  /// `max(x, 0)`.
  case relu
  /// To the nearest integer, ties to even.
  case round
  /// `alpha * x + beta`.
  case linear(alpha: Float, beta: Float)
  /// Combines the result with a second operand, broadcast along extents of 1.
  case binary(dnnl_alg_kind_t, MemoryDescriptor)
}

/// What a primitive does besides its operation (mirrors `dnnl_primitive_attr_t`).
struct PrimitiveAttributes {
  /// What happens to the result, in order.
  var postOperations: [PostOperation] = []
  /// What the sums of an image's convolution are multiplied by, with the bias, by output channel;
  /// empty: nothing. Operands of binary ``postOperations`` count from behind them in oneDNN 3.
  var outputScales: [Float] = []
  /// What a reorder multiplies its source by, less the zero point; nil: nothing.
  var sourceScale: Float?
  /// The zero points of `DNNL_ARG_SRC` and `DNNL_ARG_DST`, where not 0.
  var zeroPoints: [Int32: Int32] = [:]

  /// What a primitive with these attributes reads in every run: oneDNN 3 gets there what oneDNN 2
  /// gets with the attributes.
  var constants: [Constant] {
    get throws(LibraryFailure) {
      var constants: [Constant] = []
      let outputScales = outputScales
      if COneDNN_outputScalesArgument() != 0, !outputScales.isEmpty {
        constants.append(
          Constant(
            COneDNN_outputScalesArgument(), try .perChannel(outputScales.count), outputScales))
      }
      if COneDNN_sourceScaleArgument() != 0, let sourceScale {
        constants.append(
          Constant(
            COneDNN_sourceScaleArgument(), try MemoryDescriptor([1], dnnl_f32, .plain),
            [sourceScale]))
      }
      for (argument, zeroPoint) in zeroPoints where zeroPoint != 0 {
        guard COneDNN_zeroPointArgument(argument) != 0 else { continue }
        constants.append(
          Constant(
            COneDNN_zeroPointArgument(argument), try MemoryDescriptor([1], dnnl_s32, .plain),
            [zeroPoint]))
      }
      return constants
    }
  }

  /// Lends the attributes as oneDNN's own object. Wraps `dnnl_primitive_attr_create`.
  ///
  /// Primitives get their working memory from the caller: the library's own would tie each
  /// primitive to the thread that made it.
  func withHandle<Result>(
    _ body: (OpaquePointer) throws(LibraryFailure) -> Result
  ) throws(LibraryFailure) -> Result {
    let attributes = try unsafe made("dnnl_primitive_attr_create") {
      unsafe dnnl_primitive_attr_create($0)
    }
    defer { unsafe dnnl_primitive_attr_destroy(attributes) }
    let operations = try unsafe made("dnnl_post_ops_create") { unsafe dnnl_post_ops_create($0) }
    defer { unsafe dnnl_post_ops_destroy(operations) }
    if !outputScales.isEmpty {
      try unsafe check(
        "COneDNN_setOutputScales",
        COneDNN_setOutputScales(
          attributes, operations, Int32(outputScales.count), outputScales))
    }
    for operation in postOperations { try unsafe Self.append(operation, to: operations) }
    try unsafe check(
      "dnnl_primitive_attr_set_post_ops",
      dnnl_primitive_attr_set_post_ops(attributes, operations))
    try unsafe check(
      "dnnl_primitive_attr_set_scratchpad_mode",
      dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user))
    if let sourceScale {
      try unsafe check("COneDNN_setSourceScale", COneDNN_setSourceScale(attributes, sourceScale))
    }
    for (argument, zeroPoint) in zeroPoints where zeroPoint != 0 {
      try unsafe check(
        "COneDNN_setZeroPoint", COneDNN_setZeroPoint(attributes, argument, zeroPoint))
    }
    return try unsafe body(attributes)
  }

  private static func append(
    _ operation: PostOperation, to operations: OpaquePointer
  ) throws(LibraryFailure) {
    func eltwise(
      _ algorithm: dnnl_alg_kind_t, _ alpha: Float = 0, _ beta: Float = 0
    ) throws(LibraryFailure) {
      try unsafe check(
        "COneDNN_appendEltwise", COneDNN_appendEltwise(operations, algorithm, alpha, beta))
    }
    switch operation {
    case .sum(let scale, let zeroPoint, let type):
      try unsafe check(
        "COneDNN_appendSum", COneDNN_appendSum(operations, scale, zeroPoint, type))
    case .relu: try eltwise(dnnl_eltwise_relu)
    case .round: try eltwise(dnnl_eltwise_round)
    case .linear(let alpha, let beta): try eltwise(dnnl_eltwise_linear, alpha, beta)
    case .binary(let algorithm, let operand):
      try unsafe MemoryDescriptor.withHandles([operand]) { layouts throws(LibraryFailure) in
        try unsafe check(
          "COneDNN_appendBinary", COneDNN_appendBinary(operations, algorithm, layouts[0]))
      }
    }
  }
}
