import Execution
import Tensors

extension OperatorTable {
  /// Operators that sample an input at other points.
  static let resizings: [String: Operator] = [
    "Resize": Operator(
      opsets: 10...28, inputs: 1...4,
      attributes: [
        "antialias", "axes", "coordinate_transformation_mode", "cubic_coeff_a", "exclude_outside",
        "extrapolation_value", "keep_aspect_ratio_policy", "mode", "nearest_mode",
      ]
    ) { call in
      try call.resize(
        Resizing(call), scales: call.optional(call.opset < 11 ? 1 : 2)?.floats(),
        sizes: call.opset < 11 ? nil : call.integers(input: 3))
    },
    "Upsample": Operator(opsets: 7...9, inputs: 1...2, attributes: ["mode", "scales"]) { call in
      try call.resize(
        Resizing(call),
        scales: call.opset < 9 ? call.floats("scales") : call.input(1).floats(), sizes: nil)
    },
  ]
}

extension OperatorCall {
  fileprivate func resize(
    _ resizing: Resizing, scales: [Float]?, sizes: [Int]?
  ) throws -> [Value] {
    let x = try input(0)
    let axes = try axes(integers("axes") ?? Array(0..<x.shape.rank), rank: x.shape.rank)
    var sampled = try resizedAxes(
      x.shape, axes, scales: scales.flatMap { $0.isEmpty ? nil : $0 },
      sizes: sizes.flatMap { $0.isEmpty ? nil : $0 })
    if resizing.coordinates == .cropAndResize { try crop(&sampled) }
    var dimensions = x.shape.dimensions
    for axis in sampled { dimensions[axis.index] = axis.output }
    let shape = try shape(dimensions)
    for axis in sampled where axis.input == 0 && axis.output > 0 {
      throw OperatorFailure.malformed("expected elements to resize, found shape \(x.shape)")
    }
    sampled.removeAll { $0.isUnchanged(in: resizing.coordinates) }
    if sampled.isEmpty { return [x] }
    guard shape.elementCount > 0 else {
      return [try x.rearranged(shape, by: StridedRead(shape, strides: shape.rowMajorStrides))]
    }
    if let held = try resizeBilinear(x, shape, resizing, sampled) { return [held] }
    // Nothing between the axes is larger than the input and the output if those that shrink go
    // first; among the others the inner one goes first, for the outer ones go row by row.
    sampled.sort { ($0.growth, $1.index) < ($1.growth, $0.index) }
    return [try resizing.resized(x, along: sampled, to: shape)]
  }

  private func resizeBilinear(
    _ x: Value, _ shape: Shape, _ resizing: Resizing, _ sampled: [ResizedAxis]
  ) throws -> Value? {
    guard let kernels, let held = x.held, x.shape.rank == 4,
      resizing.isBilinear(sampled), sampled.allSatisfy({ $0.index >= 2 })
    else { return nil }
    return try kernels.resizeBilinear(held, output: [shape[2], shape[3]]).map(Value.init)
  }

  /// What becomes of `axes` of `shape`.
  private func resizedAxes(
    _ shape: Shape, _ axes: [Int], scales: [Float]?, sizes: [Int]?
  ) throws -> [ResizedAxis] {
    switch (scales, sizes) {
    case (let scales?, nil):
      guard scales.count == axes.count, scales.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        throw OperatorFailure.malformed(
          "scales: expected \(axes.count) positive numbers, found \(scales)")
      }
      return try zip(axes, scales).map { index, scale in
        let extent = shape[index]
        return ResizedAxis(
          index: index, input: extent, output: try whole(extent, times: scale), scale: scale)
      }
    case (nil, let sizes?):
      guard sizes.count == axes.count, sizes.allSatisfy({ $0 >= 0 }) else {
        throw OperatorFailure.malformed(
          "sizes: expected \(axes.count) extents, found \(sizes)")
      }
      return try resizedAxes(shape, axes, sizes)
    default:
      throw OperatorFailure.malformed(
        "expected either scales or sizes, found \(scales == nil ? "neither" : "both")")
    }
  }

  private func resizedAxes(
    _ shape: Shape, _ axes: [Int], _ sizes: [Int]
  ) throws -> [ResizedAxis] {
    let ratios = zip(axes, sizes).map { index, size in
      shape[index] == size ? 1 : Float(size) / Float(shape[index])
    }
    let common: Float?
    switch try text("keep_aspect_ratio_policy", "stretch") {
    case "stretch": common = nil
    case "not_larger": common = ratios.min()
    case "not_smaller": common = ratios.max()
    case let policy:
      throw OperatorFailure.unsupported("keep_aspect_ratio_policy '\(policy)' is not supported")
    }
    return try axes.indices.map { index in
      let extent = shape[axes[index]]
      return ResizedAxis(
        index: axes[index], input: extent,
        output: try common.map { try whole(extent, times: $0, plus: 0.5) } ?? sizes[index],
        scale: common ?? ratios[index])
    }
  }

  /// The largest whole number up to `extent * scale + rest`, in binary32 as others compute it.
  private func whole(_ extent: Int, times scale: Float, plus rest: Float = 0) throws -> Int {
    if scale == 1 { return extent }
    let product = Float(extent) * scale + rest
    guard let whole = Int(exactly: product.rounded(.down)) else {
      throw OperatorFailure.malformed("an extent of \(product): expected a number")
    }
    return whole
  }

  /// Tells the axes what part of the input `roi` chooses.
  private func crop(_ axes: inout [ResizedAxis]) throws {
    let region = try optional(1)?.doubles().map { Float($0) } ?? []
    guard region.count == 2 * axes.count else {
      throw OperatorFailure.malformed(
        "roi: expected \(2 * axes.count) numbers, found \(region.count)")
    }
    for index in axes.indices {
      axes[index].region = (region[index], region[axes.count + index])
    }
  }
}
