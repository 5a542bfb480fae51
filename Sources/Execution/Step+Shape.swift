public import Networks
public import Tensors

extension Step {
  /// The shape of the step's value for inputs of these shapes, which it checks.
  ///
  /// Throws ``ExecutionError/shape(step:expected:found:)``.
  public func outputShape(for inputs: [Shape]) throws(ExecutionError) -> Shape {
    guard inputs.count == self.inputs.count else {
      preconditionFailure("step '\(name)' takes \(self.inputs.count) inputs")
    }
    let x = inputs[0]
    func check(_ shape: Shape, _ expected: String, _ fits: Bool) throws(ExecutionError) {
      guard fits else { throw .shape(step: name, expected: expected, found: shape) }
    }
    if operation != .memoryRead { try check(x, "[N, C, H, W]", x.rank == 4) }
    for input in inputs { try check(input, "extents of at least 1", input.elementCount > 0) }
    switch operation {
    case .normalize(_, let channels):
      try check(x, "[N, \(channels), H, W]", x[1] == channels)
      return x
    case .batchNormalization(let normalization):
      try check(x, "[N, \(normalization.channels), H, W]", x[1] == normalization.channels)
      return x
    case .relu:
      return x
    case .maxPool(let pool):
      return [x[0], x[1], pool.outputSize(x[2]), pool.outputSize(x[3])]
    case .upsample(let factor):
      let expected = [x[1], factor * x[2], factor * x[3]]
      guard addsResidual else { return Shape([x[0]] + expected) }
      return Shape([try residualObjects(inputs[1], x[0], expected)] + expected)
    case .convolution(let convolution):
      try check(
        x, "[N, \(convolution.inputChannels), H, W]", x[1] == convolution.inputChannels)
      let (height, width) = (convolution.outputSize(x[2]), convolution.outputSize(x[3]))
      let expected = [convolution.outputChannels, height, width]
      guard addsResidual else { return Shape([x[0]] + expected) }
      return Shape([try residualObjects(inputs[1], x[0], expected)] + expected)
    case .add:
      for other in inputs.dropFirst() {
        try check(
          other, "[N, \(x[1]), \(x[2]), \(x[3])]",
          other.dimensions.dropFirst() == x.dimensions.dropFirst() && broadcasts(other[0], x[0]))
      }
      return [inputs.map { $0[0] }.max() ?? 1, x[1], x[2], x[3]]
    case .concatenate:
      for other in inputs.dropFirst() {
        try check(
          other, "[N, C, \(x[2]), \(x[3])]",
          other.rank == 4 && other[2] == x[2] && other[3] == x[3] && broadcasts(other[0], x[0]))
      }
      let channels = inputs.map { $0[1] }.reduce(0, +)
      return [inputs.map { $0[0] }.max() ?? 1, channels, x[2], x[3]]
    case .memoryRead:
      let (values, query) = (inputs[1], inputs[2])
      try check(x, "[N, K, T, H, W]", x.rank == 5)
      try check(
        values, "[\(x[0]), V, \(x[2]), \(x[3]), \(x[4])]",
        values.rank == 5 && values[0] == x[0]
          && values.dimensions.dropFirst(2) == x.dimensions.dropFirst(2))
      try check(
        query, "[1, \(x[1]), \(x[3]), \(x[4])]",
        query.dimensions == [1, x[1], x[3], x[4]])
      return [x[0], values[1], x[3], x[4]]
    }
  }

  /// The number of objects of a result `[objects, expected...]` to which `residual` is added.
  private func residualObjects(
    _ residual: Shape, _ objects: Int, _ expected: [Int]
  ) throws(ExecutionError) -> Int {
    guard residual.rank == 4, Array(residual.dimensions.dropFirst()) == expected,
      broadcasts(residual[0], objects)
    else {
      let extents = expected.map(String.init).joined(separator: ", ")
      throw .shape(step: name, expected: "[1 or \(objects), \(extents)]", found: residual)
    }
    return max(objects, residual[0])
  }

  private func broadcasts(_ left: Int, _ right: Int) -> Bool {
    left == right || left == 1 || right == 1
  }
}
