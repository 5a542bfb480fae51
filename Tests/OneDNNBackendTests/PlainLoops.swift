import Execution
import Tensors

/// Operators as sums and maxima over every element, one after the other, in binary64.
enum PlainLoops {
  /// The places of a shape, outermost dimension first.
  static func places(_ extents: [Int]) -> [[Int]] {
    extents.reduce([[]]) { places, extent in
      places.flatMap { place in (0..<extent).map { place + [$0] } }
    }
  }

  /// The row-major index of `place`.
  static func index(_ place: [Int], in extents: [Int]) -> Int {
    zip(place, extents).reduce(0) { $0 * $1.1 + $1.0 }
  }

  /// Calls `body` for every image, output channel, output place, input channel and place under the
  /// window that is inside the input.
  static func slide(
    _ window: SlidingWindow, over input: [Int], to output: [Int],
    _ body: (_ output: [Int], _ input: [Int], _ tap: [Int]) -> Void
  ) {
    for target in places(output) {
      for tap in places(window.kernel) {
        let source = target.indices.map { axis in
          target[axis] * window.strides[axis] + tap[axis] * window.dilations[axis]
            - window.padsBefore[axis]
        }
        guard zip(source, input).allSatisfy({ (0..<$1).contains($0) }) else { continue }
        body(target, source, tap)
      }
    }
  }

  static func convolution(
    _ x: [Double], _ shape: Shape, _ weight: [Double], _ weightShape: Shape, bias: [Double]?,
    groups: Int, _ window: SlidingWindow, output: [Int]
  ) -> [Double] {
    let (images, channels) = (shape[0], weightShape[0])
    let input = Array(shape.dimensions.dropFirst(2))
    let target = [images, channels] + output
    var result = [Double](repeating: 0, count: target.reduce(1, *))
    for image in 0..<images {
      for channel in 0..<channels {
        for place in places(output) {
          result[index([image, channel] + place, in: target)] = bias?[channel] ?? 0
        }
        let first = channel / (channels / groups) * weightShape[1]
        slide(window, over: input, to: output) { place, source, tap in
          for inner in 0..<weightShape[1] {
            result[index([image, channel] + place, in: target)] +=
              x[index([image, first + inner] + source, in: shape.dimensions)]
              * weight[index([channel, inner] + tap, in: weightShape.dimensions)]
          }
        }
      }
    }
    return result
  }

  /// What the convolution with the same window would read from `output` goes back to it.
  static func transposedConvolution(
    _ x: FloatTensor, _ weight: FloatTensor, bias: [Float]?, groups: Int,
    _ window: SlidingWindow, output: [Int]
  ) -> [Double] {
    let shape = x.shape
    let channels = weight.shape[1] * groups
    let target = [shape[0], channels] + output
    var result = places(target).map { Double(bias?[$0[1]] ?? 0) }
    for image in 0..<shape[0] {
      for inner in 0..<shape[1] {
        let first = inner / (shape[1] / groups) * weight.shape[1]
        slide(window, over: output, to: Array(shape.dimensions.dropFirst(2))) {
          place, source, tap in
          for channel in 0..<weight.shape[1] {
            result[index([image, first + channel] + source, in: target)] +=
              Double(x.values[index([image, inner] + place, in: shape.dimensions)])
              * Double(weight.values[index([inner, channel] + tap, in: weight.shape.dimensions)])
          }
        }
      }
    }
    return result
  }

  /// The elements under each window, for every image and channel.
  static func windows(_ x: FloatTensor, _ window: SlidingWindow, output: [Int]) -> [[Double]] {
    let target = Array(x.shape.dimensions.prefix(2)) + output
    var result = [[Double]](repeating: [], count: target.reduce(1, *))
    for image in places(Array(x.shape.dimensions.prefix(2))) {
      slide(window, over: Array(x.shape.dimensions.dropFirst(2)), to: output) { place, source, _ in
        result[index(image + place, in: target)].append(
          Double(x.values[index(image + source, in: x.shape.dimensions)]))
      }
    }
    return result
  }

  /// Images between the centres of their pixels; those of the edges reach outwards.
  static func bilinear(_ x: FloatTensor, _ output: [Int]) -> [Double] {
    let shape = x.shape
    func neighbours(_ index: Int, _ axis: Int) -> [(index: Int, weight: Double)] {
      let extent = shape[2 + axis]
      let centre = (Double(index) + 0.5) * Double(extent) / Double(output[axis]) - 0.5
      let clamped = min(max(centre, 0), Double(extent - 1))
      let low = Int(clamped)
      let share = clamped - Double(low)
      return [(low, 1 - share), (min(low + 1, extent - 1), share)]
    }
    return places([shape[0], shape[1]] + output).map { place in
      var sum = 0.0
      for row in neighbours(place[2], 0) {
        for column in neighbours(place[3], 1) {
          let source = [place[0], place[1], row.index, column.index]
          let value = Double(x.values[index(source, in: shape.dimensions)])
          sum += value * row.weight * column.weight
        }
      }
      return sum
    }
  }
}

extension Array where Element == Double {
  /// The largest difference to `other` over the largest magnitude.
  func relativeError(to other: [Float]) -> Double {
    guard count == other.count else { return .infinity }
    let difference = zip(self, other).map { abs($0 - Double($1)) }.max() ?? 0
    return difference / Swift.max(map(abs).max() ?? 0, .leastNormalMagnitude)
  }
}
