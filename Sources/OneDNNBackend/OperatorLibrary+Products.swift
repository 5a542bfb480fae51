import COneDNN
import Execution
import Tensors

extension OperatorLibrary {
  /// The product of two matrices, or of many.
  ///
  /// It is a convolution with `left` as 1-wide kernels: a convolution adds its input channels up in
  /// one thread, so the result does not depend on the number of threads; oneDNN's matrix product
  /// may split them.
  func product(
    _ left: OperatorOperand, _ right: OperatorOperand, _ product: MatrixProduct
  ) throws -> FloatTensor {
    let (left, right) = (try floats(left), try floats(right))
    let size = product.convolution.destination.elementCount
    let kernel = try kernel(for: .convolution(product.convolution)) {
      try WindowKernel(convolving: product.convolution, on: engine)
    }
    func load(_ matrices: [Float], _ index: Int, _ isMany: Bool, _ input: Int) throws -> Value {
      let count = isMany ? matrices.count / product.count : matrices.count
      let start = isMany ? index * count : 0
      return try store.load(matrices[start..<start + count], to: kernel.inputs[input])
    }
    let count = product.output.elementCount
    let values = try unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      var weights: Value?
      for index in 0..<product.count {
        if weights == nil || product.isLeftMany {
          weights = try load(left, index, product.isLeftMany, 1)
        }
        guard let weights else { continue }
        let result = try run(kernel, [try load(right, index, product.isRightMany, 0), weights])
        let target = unsafe UnsafeMutableBufferPointer(
          rebasing: buffer[index * size..<(index + 1) * size])
        try unsafe store.copy(result, to: UnsafeMutableRawBufferPointer(target))
      }
      initialized = count
    }
    return FloatTensor(shape: product.output, values: values)
  }

  /// The softmax along dimension `axis`.
  func softmax(_ x: OperatorOperand, axis: Int) throws -> FloatTensor {
    let dimensions = x.shape.dimensions
    let count = dimensions[axis]
    let inner = dimensions[(axis + 1)...].reduce(1, *)
    let shape = Shape([x.shape.elementCount / count / inner, count, inner])
    let kernel = try kernel(for: .softmax(shape)) { try SoftmaxKernel(shape, on: engine) }
    let value = try run(kernel, [try store.load(try floats(x)[...], to: kernel.inputs[0])])
    return FloatTensor(shape: x.shape, values: try store.elements(of: value, as: Float.self))
  }
}

/// The shapes of a matrix product.
struct MatrixProduct {
  /// The product of two of the matrices as a convolution.
  let convolution: WindowOperation
  /// How many products there are.
  let count: Int
  /// Whether every product has a left matrix of its own.
  let isLeftMany: Bool
  /// Whether every product has a right matrix of its own.
  let isRightMany: Bool
  /// The shape of the result.
  let output: Shape

  /// The products of `[batch..., M, K]` and `[batch..., K, N]`; nil where they contradict one
  /// another or have no elements.
  init?(_ left: Shape, _ right: Shape) {
    guard left.rank >= 2, right.rank >= 2, left.elementCount > 0, right.elementCount > 0 else {
      return nil
    }
    let (leftBatch, rightBatch) = (left.dimensions.dropLast(2), right.dimensions.dropLast(2))
    guard leftBatch.isEmpty || rightBatch.isEmpty || leftBatch == rightBatch else { return nil }
    let batch = Array(leftBatch.isEmpty ? rightBatch : leftBatch)
    let (m, k, n) = (left[left.rank - 2], left[left.rank - 1], right[right.rank - 1])
    guard right[right.rank - 2] == k, let output = try? Shape(checking: batch + [m, n]),
      output.elementCount <= 1 << 30
    else { return nil }
    self.output = output
    // Left matrices on a single right one are rows of one matrix.
    let rows = rightBatch.isEmpty ? left.elementCount / k : m
    count = rightBatch.reduce(1, *)
    isLeftMany = !leftBatch.isEmpty && !rightBatch.isEmpty
    isRightMany = !rightBatch.isEmpty
    let point = SlidingWindow(
      kernel: [1], strides: [1], dilations: [1], padsBefore: [0], padsAfter: [0])
    guard
      let convolution = WindowOperation(
        convolving: [1, k, n], [rows, k, 1], bias: nil, groups: 1, window: point)
    else { return nil }
    self.convolution = convolution
  }
}

/// The softmax along the middle one of three dimensions.
private struct SoftmaxKernel: PrimitiveStep {
  let inputs: [MemoryDescriptor]
  let kernel: Kernel
  var output: MemoryDescriptor { inputs[0] }

  /// Where numbers of a sum are not neighbours, those of a block are computed at once.
  init(_ shape: Shape, on engine: Engine) throws(LibraryFailure) {
    let layout =
      shape[2] == 1
      ? try MemoryDescriptor([shape[0], shape[1]], dnnl_f32, .plain)
      : try MemoryDescriptor(shape.dimensions, dnnl_f32, .blocked)
    let operation = unsafe PrimitiveOperation("COneDNN_softmax", [layout]) {
      unsafe COneDNN_softmax($0, $1, $2[0], 1, $3)
    }
    inputs = [layout]
    kernel = try Kernel(
      PrimitiveDescriptor(operation, on: engine), inputs: [(DNNL_ARG_SRC, layout)],
      output: (DNNL_ARG_DST, layout), on: engine)
  }
}
