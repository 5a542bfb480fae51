import Tensors

extension OperatorCall {
  /// How `weight` `[O, C / groups, kernel...]` slides over `x`.
  func convolutionExtents(_ x: Shape, weight: Shape) throws -> ConvolutionExtents {
    let (groups, kernel) = try kernel(x, weight: weight)
    guard weight[1].multipliedReportingOverflow(by: groups) == (x[1], false),
      weight[0] <= WindowAxis.limit, weight[0] % groups == 0
    else {
      throw OperatorFailure.malformed(
        "weights: expected [O, \(x[1]) / \(groups), ...] with O a multiple of \(groups), found "
          + "\(weight)")
    }
    return ConvolutionExtents(
      images: x[0], channels: x[1], outputs: weight[0], groups: groups,
      windows: try windows(over: spatialExtents(of: x), kernel: kernel))
  }

  private func kernel(_ x: Shape, weight: Shape) throws -> (groups: Int, kernel: [Int]) {
    let spatial = try spatialExtents(of: x)
    let groups = try integer("group", 1)
    guard groups >= 1, groups <= WindowAxis.limit else {
      throw OperatorFailure.malformed("attribute 'group': expected at least 1, found \(groups)")
    }
    guard weight.rank == x.rank else {
      throw OperatorFailure.malformed(
        "weights: expected \(x.rank) dimensions, as \(x) has, found \(weight)")
    }
    let kernel = Array(weight.dimensions.dropFirst(2))
    guard kernel.allSatisfy({ 1...WindowAxis.limit ~= $0 }) else {
      throw OperatorFailure.malformed("weights: expected a window, found \(weight)")
    }
    if let named = try integers("kernel_shape"), !named.isEmpty, named != kernel {
      throw OperatorFailure.malformed(
        "attribute 'kernel_shape': expected \(kernel), as the weights have, found \(named)")
    }
    _ = (try shape(spatial), try shape(kernel))
    return (groups, kernel)
  }

  /// How the window of a transposed convolution slides over its result.
  ///
  /// Padding that `output_shape` or `auto_pad` asks for is split as the text says since operator
  /// set 11; its equation before had the sides the other way round than the text beside it.
  func transposedExtents(_ x: Shape, weight: Shape) throws -> ConvolutionExtents {
    let (groups, kernel) = try kernel(x, weight: weight)
    let input = try spatialExtents(of: x)
    let (rank, limit) = (input.count, WindowAxis.limit)
    guard weight[0] == x[1], x[1] % groups == 0, weight[1] <= limit else {
      throw OperatorFailure.malformed(
        "weights: expected [\(x[1]), O / \(groups), ...] with \(groups) groups, found \(weight)")
    }
    let strides = try steps("strides", count: rank, in: 1...limit, standard: 1)
    let dilations = try steps("dilations", count: rank, in: 1...limit, standard: 1)
    let pads = try steps("pads", count: 2 * rank, in: 0...limit, standard: 0)
    let extra = try steps("output_padding", count: rank, in: 0...limit, standard: 0)
    let padding = try automaticPadding()
    var named = try integers("output_shape") ?? []
    if named.count == rank + 2 { named.removeFirst(2) }
    guard named.isEmpty || named.count == rank && named.allSatisfy({ 1...limit ~= $0 }) else {
      throw OperatorFailure.malformed(
        "attribute 'output_shape': expected \(rank) extents, found \(named)")
    }
    let axes = try (0..<rank).map { axis in
      let full =
        strides[axis] * (input[axis] - 1) + extra[axis] + (kernel[axis] - 1) * dilations[axis] + 1
      var (before, after) = (pads[axis], pads[rank + axis])
      let output: Int
      switch padding {
      case _ where !named.isEmpty:
        output = named[axis]
        (before, after) = padding.split(max(0, full - output))
      case .same:
        output = input[axis] * strides[axis]
        (before, after) = padding.split(max(0, full - output))
      case .valid:
        output = full
        (before, after) = (0, 0)
      case .explicit: output = full - before - after
      }
      guard output >= 0 else {
        throw OperatorFailure.malformed(
          "padding of \(before) and \(after): expected at most the \(full) elements of the result")
      }
      return WindowAxis(
        input: output, output: input[axis], kernel: kernel[axis], stride: strides[axis],
        dilation: dilations[axis], padBefore: before, padAfter: full - extra[axis] - before - output
      )
    }
    _ = try shape(axes.map(\.input))
    return ConvolutionExtents(
      images: x[0], channels: x[1], outputs: weight[1] * groups, groups: groups,
      windows: Windows(axes))
  }
}
