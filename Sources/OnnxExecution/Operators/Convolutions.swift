import Execution
import Tensors

extension OperatorTable {
  /// Convolution and its transpose.
  static let convolutions: [String: Operator] = [
    "Conv": Operator(inputs: 2...3, attributes: convolutionAttributes) { [try convolution($0)] },
    "ConvTranspose": Operator(
      inputs: 2...3,
      attributes: convolutionAttributes.union(["output_padding", "output_shape"])
    ) { [try transposedConvolution($0)] },
  ]

  /// The settings of every convolution.
  static let convolutionAttributes = OperatorCall.windowAttributes.union(["group"])

  /// `Conv`: cross-correlation, with a bias for every output channel.
  static func convolution(_ call: OperatorCall) throws -> Value {
    let (x, weight) = (try call.input(0), try call.input(1))
    let extents = try call.convolutionExtents(x.shape, weight: weight.shape)
    let bias = try call.bias(2, of: extents.outputs, x.elementType)
    let shape = try call.shape([extents.images, extents.outputs] + extents.windows.output)
    if let kernels = call.kernels, let held = x.held, weight.elementType == .float32,
      let result = try kernels.convolution(
        held, weight: FloatTensor(shape: weight.shape, values: weight.floats()),
        bias: bias?.map { Float($0) }, groups: extents.groups, window: extents.windows.sliding)
    {
      return Value(result)
    }
    return try x.summed(with: weight, to: shape, bias: bias) {
      convolutionSums($0, $1, extents)
    } doubles: {
      convolutionSums($0, $1, extents)
    }
  }

  private static func transposedConvolution(_ call: OperatorCall) throws -> Value {
    let (x, weight) = (try call.input(0), try call.input(1))
    let extents = try call.transposedExtents(x.shape, weight: weight.shape)
    let bias = try call.bias(2, of: extents.outputs, x.elementType)
    let spatial = extents.windows.axes.map(\.input)
    let shape = try call.shape([extents.images, extents.outputs] + spatial)
    if let kernels = call.kernels, let held = x.held, weight.elementType == .float32,
      let result = try kernels.transposedConvolution(
        held, weight: FloatTensor(shape: weight.shape, values: weight.floats()),
        bias: bias?.map { Float($0) }, groups: extents.groups, window: extents.windows.sliding,
        output: spatial)
    {
      return Value(result)
    }
    return try x.summed(with: weight, to: shape, bias: bias) {
      transposedConvolutionSums($0, $1, extents)
    } doubles: {
      transposedConvolutionSums($0, $1, extents)
    }
  }
}

extension Value {
  /// What `floats` or `doubles` makes of the elements and those of `weight`, plus `bias` for each
  /// channel of `[N, C, ...]`.
  fileprivate func summed(
    with weight: Value, to shape: Shape, bias: [Double]?,
    floats: ([Float], [Float]) -> [Double], doubles: ([Double], [Double]) -> [Double]
  ) throws -> Value {
    var sums: [Double]
    switch (try elements, try weight.elements) {
    case (.float(let x), .float(let weight)): sums = floats(x, weight)
    case (.double(let x), .double(let weight)): sums = doubles(x, weight)
    default: throw Self.unsupported(elementType)
    }
    if let bias, !sums.isEmpty {
      let plane = shape.dimensions.dropFirst(2).reduce(1, *)
      for part in 0..<shape[0] * shape[1] {
        let term = bias[part % bias.count]
        for index in part * plane..<(part + 1) * plane { sums[index] += term }
      }
    }
    return Value(elementType, shape, rounding: sums)
  }
}

extension OperatorCall {
  /// The bias at `index`, a number for each of `count` channels; nil where it is left out.
  fileprivate func bias(_ index: Int, of count: Int, _ type: ElementType) throws -> [Double]? {
    guard let bias = optional(index) else { return nil }
    guard bias.shape == [count], bias.elementType == type else {
      throw OperatorFailure.malformed(
        "bias: expected \(type.rawValue) [\(count)], found \(bias.elementType.rawValue) "
          + "\(bias.shape)")
    }
    return try bias.doubles()
  }
}
