import COneDNN
import Execution
import Tensors

extension OperatorLibrary {
  /// A convolution. `weight` and `bias` are row-major.
  func convolution(
    _ x: OperatorOperand, _ weight: ArraySlice<Float>, _ bias: [Float]?,
    _ operation: WindowOperation
  ) throws -> Value {
    let kernel = try kernel(for: .convolution(operation)) {
      try WindowKernel(convolving: operation, on: engine)
    }
    return try run(kernel, x, try store.load(weight, to: kernel.inputs[1]), bias)
  }

  /// The transpose of a convolution. `weight` and `bias` are row-major.
  func transposedConvolution(
    _ x: OperatorOperand, _ weight: FloatTensor, _ bias: [Float]?, _ operation: WindowOperation
  ) throws -> Value {
    let kernel = try kernel(for: .transposedConvolution(operation)) {
      try WindowKernel(transposing: operation, on: engine)
    }
    let packed = try store.load(
      weight.values[...], from: try operation.transposedWeights(), to: kernel.inputs[1])
    return try run(kernel, x, packed, bias)
  }

  private func run(
    _ kernel: any StepKernel, _ x: OperatorOperand, _ weights: Value, _ bias: [Float]?
  ) throws -> Value {
    var inputs = [try load(x, as: kernel.inputs[0]), weights]
    if let bias { inputs.append(try store.load(bias[...], to: kernel.inputs[2])) }
    return try run(kernel, inputs)
  }

  /// The sums of a convolution of 8-bit integers, `x` less `zeroPoint`.
  func integerConvolution(
    _ x: Tensor, zeroPoint: Int32, _ weight: Tensor, _ operation: WindowOperation
  ) throws -> [Int32] {
    let key = OperatorKey.integerConvolution(
      operation, isSigned: x.elementType == .int8, zeroPoint: zeroPoint)
    let kernel = try kernel(for: key) {
      try WindowKernel(
        summing: operation, x.elementType.oneDNN, zeroPoint: zeroPoint, on: engine)
    }
    let inputs = try zip([x, weight], kernel.inputs).map { tensor, descriptor in
      try store.load(tensor.bitPatterns(as: UInt8.self)[...], to: descriptor)
    }
    let sums = try run(kernel, inputs)
    return try store.elements(of: sums, as: Int32.self)
  }

  /// A pooling with `window`, whose pads lead to `output`.
  func pooling(
    _ algorithm: dnnl_alg_kind_t, _ x: OperatorOperand, _ window: SlidingWindow, _ output: Shape
  ) throws -> Value {
    let key = OperatorKey.pooling(algorithm.rawValue, x.shape, window, output: output)
    let kernel = try kernel(for: key) {
      try PoolingKernel(
        algorithm, try image(x.shape), window, to: try image(output), on: engine)
    }
    return try run(kernel, [x])
  }

  /// Bilinear interpolation between half-pixel centres to `output`.
  func resizing(_ x: OperatorOperand, _ output: Shape) throws -> Value {
    let kernel = try kernel(for: .resizing(x.shape, output: output)) {
      try UpsamplingKernel(try image(x.shape), to: try image(output), on: engine)
    }
    return try run(kernel, [x])
  }

  /// How operators that have no preference of their own hold images.
  func image(_ shape: Shape) throws(LibraryFailure) -> MemoryDescriptor {
    try MemoryDescriptor(shape.dimensions, dnnl_f32, ValueStore.layout(of: [shape[1]]))
  }
}
