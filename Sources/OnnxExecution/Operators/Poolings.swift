import Execution
import Foundation
import Tensors

extension OperatorTable {
  /// What makes one number of those under a window.
  static let poolings: [String: Operator] = [
    "MaxPool": Operator(
      inputs: 1...1, outputs: 1...2,
      attributes: OperatorCall.windowAttributes.union(["ceil_mode", "storage_order"]), maxPool),
    "AveragePool": Operator(
      inputs: 1...1,
      attributes: OperatorCall.windowAttributes.union(["ceil_mode", "count_include_pad"])
    ) { [try averagePool($0)] },
    "LpPool": Operator(
      inputs: 1...1, attributes: OperatorCall.windowAttributes.union(["ceil_mode", "p"])
    ) { [try lpPool($0)] },
    "GlobalAveragePool": Operator(inputs: 1...1) { [try globalAveragePool($0)] },
    "GlobalMaxPool": Operator(inputs: 1...1) { [try globalMaxPool($0)] },
  ]

  /// `MaxPool`; the second output numbers the elements of the whole input, row-major or, if
  /// `storage_order` is 1, with the first spatial dimension of a plane as the fastest.
  private static func maxPool(_ call: OperatorCall) throws -> [Value] {
    let (x, windows, shape) = try call.pooled()
    if call.outputCount == 1 {
      if let held = x.held,
        let result = try call.kernels?.maxPool(
          held, window: windows.sliding, output: windows.output)
      {
        return [Value(result)]
      }
      return [try x.largest(windows, shape: shape)]
    }
    let planes = shape[0] * shape[1]
    let places: [Int64]
    switch try x.elements {
    case .float(let values): places = placesOfLargest(values, planes: planes, windows)
    case .double(let values): places = placesOfLargest(values, planes: planes, windows)
    case .integer(let values): places = placesOfLargest(values, planes: planes, windows)
    default: throw Value.unsupported(x.elementType)
    }
    guard !places.contains(-1) else {
      throw OperatorFailure.malformed("a window in the padding: expected an element under it")
    }
    let (count, plane) = (windows.inputCount, max(1, windows.outputCount))
    let isColumnMajor = try call.flag("storage_order")
    let (height, width) = (windows.height.input, windows.width.input)
    let indices = places.indices.map { index in
      let place = Int(places[index])
      guard isColumnMajor else { return Int64(index / plane * count + place) }
      let (row, column) = (place / width % height, place % width)
      let extents = (depth: windows.depth.input, height: height)
      let turned = (column * extents.height + row) * extents.depth + place / (width * height)
      return Int64(index / plane * count + turned)
    }
    return [
      try x.largest(windows, shape: shape), Value(.int64, shape, exact: .integer(indices)),
    ]
  }

  private static func averagePool(_ call: OperatorCall) throws -> Value {
    let (x, windows, shape) = try call.pooled()
    let countsPadding = try call.flag("count_include_pad")
    let overhangs = windows.axes.contains(where: \.overhangs)
    if !(countsPadding && overhangs), let held = x.held,
      let result = try call.kernels?.averagePool(
        held, window: windows.sliding, countsPadding: countsPadding, output: windows.output)
    {
      return Value(result)
    }
    let counts = windows.elementCounts(withPadding: countsPadding)
    var sums = windowSums(
      try x.realNumbers(), planes: shape[0] * shape[1], windows, term: { $0 })
    for start in stride(from: 0, to: sums.count, by: max(1, counts.count)) {
      for index in counts.indices { sums[start + index] /= counts[index] }
    }
    return Value(x.elementType, shape, rounding: sums)
  }

  private static func lpPool(_ call: OperatorCall) throws -> Value {
    let (x, windows, shape) = try call.pooled()
    let p = try call.integer("p", 2)
    guard p >= 1 else {
      throw OperatorFailure.malformed("attribute 'p': expected at least 1, found \(p)")
    }
    let sums = windowSums(try x.realNumbers(), planes: shape[0] * shape[1], windows) {
      p == 2 ? $0 * $0 : pow(abs($0), Double(p))
    }
    return Value(x.elementType, shape, rounding: sums.map { pow($0, 1 / Double(p)) })
  }

  private static func globalAveragePool(_ call: OperatorCall) throws -> Value {
    let (x, shape, count) = try call.globallyPooled()
    if x.shape.rank <= 5, count > 0, let held = x.held, let kernels = call.kernels {
      let extents = Array(x.shape.dimensions.dropFirst(2))
      let (ones, zeros) = (extents.map { _ in 1 }, extents.map { _ in 0 })
      let window = SlidingWindow(
        kernel: extents, strides: ones, dilations: ones, padsBefore: zeros, padsAfter: zeros)
      if let result = try kernels.averagePool(
        held, window: window, countsPadding: false, output: ones)
      {
        return Value(result)
      }
    }
    let values = try x.realNumbers()
    let means = (0..<shape.elementCount).map { plane in
      var sum = 0.0
      for index in plane * count..<(plane + 1) * count { sum += values[index] }
      return sum / Double(count)
    }
    return Value(x.elementType, shape, rounding: means)
  }

  private static func globalMaxPool(_ call: OperatorCall) throws -> Value {
    let (x, shape, count) = try call.globallyPooled()
    let values = try x.realNumbers()
    let largest = (0..<shape.elementCount).map { plane in
      var best = -Double.infinity
      for value in values[plane * count..<(plane + 1) * count] where value.surpasses(best) {
        best = value
      }
      return best
    }
    return Value(x.elementType, shape, rounding: largest)
  }
}

extension Value {
  /// The largest element under each window, in a result of `shape`.
  fileprivate func largest(_ windows: Windows, shape: Shape) throws -> Value {
    let planes = shape[0] * shape[1]
    let result: Elements
    switch try elements {
    case .float(let values):
      let lowest = -Float.infinity
      result = .float(OnnxExecution.largest(values, planes: planes, windows, lowest: lowest))
    case .double(let values):
      let lowest = -Double.infinity
      result = .double(OnnxExecution.largest(values, planes: planes, windows, lowest: lowest))
    case .integer(let values) where elementType == .int8 || elementType == .uint8:
      let lowest: Int64 = elementType == .int8 ? -128 : 0
      result = .integer(OnnxExecution.largest(values, planes: planes, windows, lowest: lowest))
    default: throw Self.unsupported(elementType)
    }
    return Value(elementType, shape, exact: result)
  }
}

extension OperatorCall {
  /// The input, the windows of `kernel_shape` over it, and the shape of the result.
  fileprivate func pooled() throws -> (x: Value, windows: Windows, shape: Shape) {
    let x = try input(0)
    guard let kernel = try integers("kernel_shape") else {
      throw OperatorFailure.malformed("attribute 'kernel_shape': expected a window, found none")
    }
    let windows = try windows(over: spatialExtents(of: x.shape), kernel: kernel)
    return (x, windows, try shape([x.shape[0], x.shape[1]] + windows.output))
  }

  /// The input, the shape `[N, C, 1, ...]` of the result, and the number of elements in a plane.
  fileprivate func globallyPooled() throws -> (x: Value, shape: Shape, count: Int) {
    let x = try input(0)
    guard x.shape.rank >= 2 else {
      throw OperatorFailure.malformed("expected [N, C, ...], found \(x.shape)")
    }
    let spatial = x.shape.dimensions.dropFirst(2)
    let shape = try shape(Array(x.shape.dimensions.prefix(2)) + spatial.map { _ in 1 })
    return (x, shape, x.shape.elementCount == 0 ? 0 : spatial.reduce(1, *))
  }
}
