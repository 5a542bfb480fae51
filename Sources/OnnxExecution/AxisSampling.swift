import Tensors

/// How much the elements around a point count.
struct SamplingKernel {
  /// The curve over the distance from the point.
  enum Curve {
    /// 1 at distance 0, falling to 0 at distance 1.
    case linear
    /// Keys' cubic convolution with coefficient a, which reaches 0 at distance 2.
    case cubic(Double)
  }

  /// The curve.
  let shape: Curve
  /// How much narrower distances are: below 1 the kernel is stretched over more elements.
  let scale: Double

  /// How many elements before the point count, its own left neighbour included; as many do behind.
  var reach: Int {
    let radius: Double =
      switch shape {
      case .linear: 1
      case .cubic: 2
      }
    return Int((radius / scale).rounded(.up))
  }

  /// The weights of the elements around a point that lies `fraction` behind its left neighbour; they
  /// add up to 1.
  func weights(_ fraction: Double) -> [Double] {
    let weights = (1 - reach...reach).map { weight(abs(Double($0) - fraction) * scale) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  private func weight(_ distance: Double) -> Double {
    switch shape {
    case .linear: max(1 - distance, 0)
    case .cubic(let a) where distance <= 1:
      ((a + 2) * distance - (a + 3)) * distance * distance + 1
    case .cubic(let a) where distance < 2:
      ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    case .cubic: 0
    }
  }
}

/// Weighted sums of elements along one axis.
struct AxisSampling {
  /// The axis.
  private let axis: Int
  /// How many sums there are, and of how many elements each is.
  private let count, taps: Int
  /// Where along the axis the elements of each sum lie.
  private var positions: [Int] = []
  private var weights: [Double] = []

  /// Sums around the coordinates `positions` of `axis`, whose extent is not 0.
  ///
  /// What lies outside of the axis is as its first or last element, or does not count.
  init(
    _ axis: Int, positions coordinates: [Float], extent: Int, kernel: SamplingKernel,
    excludesOutside: Bool
  ) {
    self.axis = axis
    count = coordinates.count
    let reach = kernel.reach
    taps = 2 * reach
    for coordinate in coordinates {
      let limit = Float(extent + reach)
      let x = coordinate.isNaN ? 0 : min(max(coordinate, -limit), limit)
      let left = x.rounded(.down)
      var taken = kernel.weights(Double(x - left))
      for index in 0..<taps {
        let position = Int(left) + 1 - reach + index
        if excludesOutside, !(0..<extent).contains(position) { taken[index] = 0 }
        positions.append(min(max(position, 0), extent - 1))
      }
      let sum = excludesOutside ? taken.reduce(0, +) : 1
      weights += sum == 0 ? taken : taken.map { $0 / sum }
    }
  }

  /// The sums over row-major `values` of `shape`, which has elements.
  func sampled<Number: BinaryFloatingPoint & Carrier>(
    _ values: [Number], _ shape: Shape
  ) -> ([Number], Shape) {
    let (outer, inner) = shape.products(around: axis)
    let extent = shape[axis]
    var dimensions = shape.dimensions
    dimensions[axis] = count
    let weights = weights.map { Number($0) }
    var result = [Number](repeating: 0, count: outer * count * inner)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe result.withUnsafeMutableBufferPointer { result in
        for row in 0..<outer {
          let source = unsafe UnsafeBufferPointer(
            rebasing: values[row * extent * inner..<(row + 1) * extent * inner])
          let destination = unsafe UnsafeMutableBufferPointer(
            rebasing: result[row * count * inner..<(row + 1) * count * inner])
          if inner == 1 {
            unsafe sampleElements(source, weights, into: destination)
          } else {
            unsafe sampleRows(source, weights, inner: inner, into: destination)
          }
        }
      }
    }
    return (result, Shape(dimensions))
  }

  private func sampleElements<Number: BinaryFloatingPoint & Carrier>(
    _ source: UnsafeBufferPointer<Number>, _ weights: [Number],
    into destination: UnsafeMutableBufferPointer<Number>
  ) {
    if taps == 2 {
      for index in 0..<count {
        unsafe destination[index] =
          weights[2 * index] * source[positions[2 * index]]
          + weights[2 * index + 1] * source[positions[2 * index + 1]]
      }
      return
    }
    for index in 0..<count {
      var sum: Number = 0
      for tap in index * taps..<(index + 1) * taps {
        unsafe sum += weights[tap] * source[positions[tap]]
      }
      unsafe destination[index] = sum
    }
  }

  private func sampleRows<Number: BinaryFloatingPoint & Carrier>(
    _ source: UnsafeBufferPointer<Number>, _ weights: [Number], inner: Int,
    into destination: UnsafeMutableBufferPointer<Number>
  ) {
    for index in 0..<count {
      for tap in stride(from: index * taps, to: (index + 1) * taps, by: 2) {
        let (left, right) = (weights[tap], weights[tap + 1])
        let (first, second) = (positions[tap] * inner, positions[tap + 1] * inner)
        let start = index * inner
        if tap == index * taps {
          for offset in 0..<inner {
            unsafe destination[start &+ offset] =
              left * source[first &+ offset] + right * source[second &+ offset]
          }
        } else {
          for offset in 0..<inner {
            unsafe destination[start &+ offset] +=
              left * source[first &+ offset] + right * source[second &+ offset]
          }
        }
      }
    }
  }
}
