import Execution
import Tensors
import TestSupport

/// Operators as sums over every element, one after the other, in binary64.
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

  /// A place of the output, one that it reads of the input, and the place under the window, as
  /// row-major indices.
  typealias Reading = (output: Int, input: Int, tap: Int)

  /// What `window` reads while it slides over `input`.
  static func readings(
    _ window: SlidingWindow, over input: [Int], to output: [Int]
  ) -> [Reading] {
    var readings: [Reading] = []
    let taps = places(window.kernel)
    for (target, place) in places(output).enumerated() {
      for (tap, offset) in taps.enumerated() {
        let source = place.indices.map { axis in
          place[axis] * window.strides[axis] + offset[axis] * window.dilations[axis]
            - window.padsBefore[axis]
        }
        guard zip(source, input).allSatisfy({ (0..<$1).contains($0) }) else { continue }
        readings.append((target, index(source, in: input), tap))
      }
    }
    return readings
  }

  /// The sums for every image and channel, `weight` `[O, C / groups, kernel...]`.
  static func convolution(
    _ x: [Double], _ shape: Shape, _ weight: [Double], _ weightShape: Shape, bias: [Double]?,
    groups: Int, _ window: SlidingWindow, output: [Int]
  ) -> [Double] {
    let input = Array(shape.dimensions.dropFirst(2))
    let readings = readings(window, over: input, to: output)
    let (area, targetArea) = (input.reduce(1, *), output.reduce(1, *))
    let (channels, inner, taps) = (weightShape[0], weightShape[1], window.kernel.reduce(1, *))
    var result: [Double] = []
    for image in 0..<shape[0] {
      for channel in 0..<channels {
        var sums = [Double](repeating: bias?[channel] ?? 0, count: targetArea)
        for index in 0..<inner {
          let source = image * shape[1] + channel / (channels / groups) * inner + index
          let kernel = (channel * inner + index) * taps
          for reading in readings {
            sums[reading.output] += x[source * area + reading.input] * weight[kernel + reading.tap]
          }
        }
        result += sums
      }
    }
    return result
  }

  /// What the convolution with the same window would read from `output` goes back to it, `weight`
  /// `[C, O / groups, kernel...]`.
  static func transposedConvolution(
    _ x: FloatTensor, _ weight: FloatTensor, bias: [Float]?, groups: Int,
    _ window: SlidingWindow, output: [Int]
  ) -> [Double] {
    let input = Array(x.shape.dimensions.dropFirst(2))
    let readings = readings(window, over: output, to: input)
    let (area, targetArea) = (input.reduce(1, *), output.reduce(1, *))
    let (channels, outer, taps) = (x.shape[1], weight.shape[1], window.kernel.reduce(1, *))
    var result: [Double] = []
    for image in 0..<x.shape[0] {
      for channel in 0..<outer * groups {
        var sums = [Double](repeating: Double(bias?[channel] ?? 0), count: targetArea)
        let group = channel / outer
        for index in group * (channels / groups)..<(group + 1) * (channels / groups) {
          let source = (image * channels + index) * area
          let kernel = (index * outer + channel % outer) * taps
          for reading in readings {
            sums[reading.input] +=
              Double(x.values[source + reading.output])
              * Double(weight.values[kernel + reading.tap])
          }
        }
        result += sums
      }
    }
    return result
  }

  /// The elements under each window, for every image and channel.
  static func windows(_ x: FloatTensor, _ window: SlidingWindow, output: [Int]) -> [[Double]] {
    let input = Array(x.shape.dimensions.dropFirst(2))
    let readings = readings(window, over: input, to: output)
    let (area, targetArea) = (input.reduce(1, *), output.reduce(1, *))
    let images = x.shape[0] * x.shape[1]
    var result = [[Double]](repeating: [], count: images * targetArea)
    for image in 0..<images {
      for reading in readings {
        result[image * targetArea + reading.output].append(
          Double(x.values[image * area + reading.input]))
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
