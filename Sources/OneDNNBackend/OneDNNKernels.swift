import COneDNN
public import Execution
import Quantization
public import Tensors

/// oneDNN's kernels for whole operators on the CPU.
///
/// Results do not depend on the number of threads. Everything happens on one thread of the value's
/// own; operators that are asked for at once wait for each other. Images stay as oneDNN laid them
/// out, in blocks of channels, until somebody reads them.
public struct OneDNNKernels: OperatorKernels {
  private let thread: OneDNNThread
  private let library: OperatorLibrary

  /// Kernels that compute with `threads` threads; nil: one for every physical core that the process
  /// may use.
  ///
  /// Throws `ExecutionError.backend` when oneDNN cannot start.
  public init(threads: Int? = nil) throws {
    let (thread, library) = try Library.start(threads: threads)
    self.thread = thread
    self.library = OperatorLibrary(on: library.engine)
  }

  public func convolution(
    _ x: any HeldTensor, weight: FloatTensor, bias: [Float]?, groups: Int, window: SlidingWindow
  ) throws -> (any HeldTensor)? {
    guard
      let operation = WindowOperation(
        convolving: x.shape, weight.shape, bias: bias?.count, groups: groups, window: window)
    else { return nil }
    return try image("convolution", [x]) { library, operands in
      try library.convolution(operands[0], weight.values[...], bias, operation)
    }
  }

  public func transposedConvolution(
    _ x: any HeldTensor, weight: FloatTensor, bias: [Float]?, groups: Int, window: SlidingWindow,
    output: [Int]
  ) throws -> (any HeldTensor)? {
    guard
      let operation = WindowOperation(
        transposing: x.shape, weight.shape, bias: bias?.count, groups: groups, window: window,
        output: output)
    else { return nil }
    return try image("transposed convolution", [x]) { library, operands in
      try library.transposedConvolution(operands[0], weight, bias, operation)
    }
  }

  public func integerConvolution(
    _ x: Tensor, zeroPoint: Int32, weight: Tensor, groups: Int, window: SlidingWindow
  ) throws -> [Int32]? {
    guard Processor.hasIntegerDotProducts, [.int8, .uint8].contains(x.elementType),
      weight.elementType == .int8,
      let operation = WindowOperation(
        convolving: x.shape, weight.shape, bias: nil, groups: groups, window: window)
    else { return nil }
    return try answer("integer convolution", []) { library, _ in
      try library.integerConvolution(x, zeroPoint: zeroPoint, weight, operation)
    }
  }

  public func maxPool(
    _ x: any HeldTensor, window: SlidingWindow, output: [Int]
  ) throws -> (any HeldTensor)? {
    try pooling("max pooling", dnnl_pooling_max, x, window, output)
  }

  public func averagePool(
    _ x: any HeldTensor, window: SlidingWindow, countsPadding: Bool, output: [Int]
  ) throws -> (any HeldTensor)? {
    guard countsPadding else {
      return try pooling(
        "average pooling", dnnl_pooling_avg_exclude_padding, x, window, output)
    }
    // What lies behind the padding does not count, but oneDNN would count it.
    guard let covering = window.pooling(x.shape, output: output),
      zip(covering.padsAfter, window.padsAfter).allSatisfy({ $0 <= $1 })
    else { return nil }
    return try pooling("average pooling", dnnl_pooling_avg_include_padding, x, window, output)
  }

  private func pooling(
    _ name: String, _ algorithm: dnnl_alg_kind_t, _ x: any HeldTensor, _ window: SlidingWindow,
    _ output: [Int]
  ) throws -> (any HeldTensor)? {
    guard let window = window.pooling(x.shape, output: output),
      let output = x.shape.with(spatial: output)
    else { return nil }
    return try image(name, [x]) { library, operands in
      try library.pooling(algorithm, operands[0], window, output)
    }
  }

  public func scaleAndShift(
    _ x: any HeldTensor, scale: [Float], shift: [Float]
  ) throws -> (any HeldTensor)? {
    guard x.shape.isImage, scale.count == x.shape[1], shift.count == x.shape[1] else { return nil }
    return try image("scale and shift", [x]) { library, operands in
      try library.scaleAndShift(operands[0], scale, shift)
    }
  }

  public func relu(_ x: any HeldTensor) throws -> (any HeldTensor)? {
    guard x.shape.isImage, holds([x]) else { return nil }
    return try image("relu", [x]) { library, operands in try library.relu(operands[0]) }
  }

  public func add(_ left: any HeldTensor, _ right: any HeldTensor) throws -> (any HeldTensor)? {
    guard left.shape.isImage, left.shape == right.shape, holds([left, right]) else { return nil }
    return try image("addition", [left, right]) { library, operands in
      try library.sum(operands[0], operands[1])
    }
  }

  public func concatenateChannels(_ parts: [any HeldTensor]) throws -> (any HeldTensor)? {
    guard let first = parts.first?.shape, first.isImage, holds(parts) else { return nil }
    var channels = 0
    for part in parts {
      guard part.shape.rank == first.rank, part.shape[0] == first[0], part.shape[1] > 0,
        part.shape.dimensions.dropFirst(2) == first.dimensions.dropFirst(2)
      else { return nil }
      channels += part.shape[1]
    }
    return try image("concatenation", parts) { library, operands in
      try library.concatenation(operands, channels: channels)
    }
  }

  public func resizeBilinear(_ x: any HeldTensor, output: [Int]) throws -> (any HeldTensor)? {
    guard let output = x.shape.with(spatial: output), output.rank == 4 else { return nil }
    return try image("resizing", [x]) { library, operands in
      try library.resizing(operands[0], output)
    }
  }

  public func matrixProduct(
    _ left: any HeldTensor, _ right: any HeldTensor
  ) throws -> (any HeldTensor)? {
    guard let product = MatrixProduct(left.shape, right.shape) else { return nil }
    return try answer("matrix product", [left, right]) { library, operands in
      try library.product(operands[0], operands[1], product)
    }
  }

  public func softmax(_ x: any HeldTensor, axis: Int) throws -> (any HeldTensor)? {
    guard (0..<x.shape.rank).contains(axis), x.shape.elementCount > 0 else { return nil }
    return try answer("softmax", [x]) { library, operands in
      try library.softmax(operands[0], axis: axis)
    }
  }
}

extension OneDNNKernels {
  /// The value that `body` computes on the thread, as somebody else may hold it.
  private func image(
    _ name: String, _ operands: [any HeldTensor],
    _ body: (OperatorLibrary, [OperatorOperand]) throws -> Value
  ) throws -> (any HeldTensor)? {
    try answer(name, operands) { library, operands in
      OneDNNTensor(try body(library, operands), .float32, of: library.store, on: thread)
    }
  }

  /// What `body` answers on the thread; nil where oneDNN has no implementation.
  private func answer<Result>(
    _ name: String, _ operands: [any HeldTensor],
    _ body: (OperatorLibrary, [OperatorOperand]) throws -> Result
  ) throws -> Result? {
    let operands = try operands.map { operand -> OperatorOperand in
      if let tensor = own(operand) { return .held(tensor) }
      return .plain(try operand.floats())
    }
    return try thread.run {
      try naming(name) {
        do { return try body(library, operands) } catch let failure as LibraryFailure
          where failure.isRefusal
        { return nil }
      }
    }
  }

  /// Whether a kernel of this library returned one of `operands`. Where none did, a pass of plain
  /// loops costs no more than bringing them into another layout.
  private func holds(_ operands: [any HeldTensor]) -> Bool {
    operands.contains { own($0) != nil }
  }

  private func own(_ operand: any HeldTensor) -> OneDNNTensor? {
    guard let tensor = operand as? OneDNNTensor, tensor.store === library.store else { return nil }
    return tensor
  }
}

extension LibraryFailure {
  /// Whether the library has no implementation for what it was asked.
  fileprivate var isRefusal: Bool {
    status == dnnl_unimplemented || status == dnnl_invalid_arguments
  }
}
