import Execution
import Foundation
import Tensors

extension OperatorTable {
  /// What brings numbers to a common scale.
  static let normalizations: [String: Operator] = [
    "Softmax": Operator(inputs: 1...1, attributes: ["axis"]) {
      [try softmax($0, isLogarithm: false)]
    },
    "LogSoftmax": Operator(inputs: 1...1, attributes: ["axis"]) {
      [try softmax($0, isLogarithm: true)]
    },
    "BatchNormalization": Operator(
      inputs: 5...5, outputs: 1...5,
      attributes: ["epsilon", "is_test", "momentum", "spatial", "training_mode"],
      batchNormalization),
    "InstanceNormalization": Operator(inputs: 3...3, attributes: ["epsilon"]) {
      [try instanceNormalization($0)]
    },
    "LRN": Operator(inputs: 1...1, attributes: ["alpha", "beta", "bias", "size"]) {
      [try localResponseNormalization($0)]
    },
  ]

  /// `Softmax` and `LogSoftmax`: along `axis` since operator set 13, and before over all dimensions
  /// from `axis` on, which before 11 may be none at all.
  private static func softmax(_ call: OperatorCall, isLogarithm: Bool) throws -> Value {
    let x = try call.input(0)
    let isAlongOne = call.opset >= 13
    let rank = x.shape.rank
    let named = try call.integer("axis", isAlongOne ? -1 : 1)
    let axis: Int
    if call.opset < 11, named == rank {
      axis = rank
    } else {
      axis = rank == 0 && (named == 0 || named == -1) ? 0 : try call.axis(named, rank: rank)
    }
    guard x.shape.elementCount > 0 else { return x }
    let dimensions = x.shape.dimensions
    let count = (isAlongOne ? dimensions[axis...].prefix(1) : dimensions[axis...]).reduce(1, *)
    let inner = isAlongOne ? dimensions[axis...].dropFirst().reduce(1, *) : 1
    if !isLogarithm, axis < rank, isAlongOne || axis == rank - 1, let held = x.held,
      let result = try call.kernels?.softmax(held, axis: axis)
    {
      return Value(result)
    }
    var numbers = try x.realNumbers()
    for start in stride(from: 0, to: numbers.count, by: count * inner) {
      for offset in start..<start + inner {
        let indices = stride(from: offset, to: offset + count * inner, by: inner)
        var largest = -Double.infinity
        for index in indices { largest = max(largest, numbers[index]) }
        var sum = 0.0
        if isLogarithm {
          for index in indices { sum += exp(numbers[index] - largest) }
          let shift = largest + log(sum)
          for index in indices { numbers[index] -= shift }
        } else {
          for index in indices {
            numbers[index] = exp(numbers[index] - largest)
            sum += numbers[index]
          }
          for index in indices { numbers[index] /= sum }
        }
      }
    }
    return Value(x.elementType, x.shape, rounding: numbers)
  }

  /// `InstanceNormalization`: every plane of every image by its own mean and variance.
  private static func instanceNormalization(_ call: OperatorCall) throws -> Value {
    let x = try call.input(0)
    let channels = try Channels(x.shape)
    let scale = try call.channelNumbers(1, "scale", channels.count)
    let bias = try call.channelNumbers(2, "B", channels.count)
    let epsilon = Double(try call.float("epsilon", 1e-5))
    var numbers = try x.realNumbers()
    for plane in 0..<channels.images * channels.count {
      let range = plane * channels.inner..<(plane + 1) * channels.inner
      let statistics = Statistics(of: numbers, in: [range])
      let factor = scale[plane % channels.count] / (statistics.variance + epsilon).squareRoot()
      let shift = bias[plane % channels.count]
      for index in range {
        numbers[index] = (numbers[index] - statistics.mean) * factor + shift
      }
    }
    return Value(x.elementType, x.shape, rounding: numbers)
  }

  /// `LRN`: every number divided by a power of the sum of squares over `size` channels around it.
  private static func localResponseNormalization(_ call: OperatorCall) throws -> Value {
    let x = try call.input(0)
    let channels = try Channels(x.shape)
    guard let size = try call.integer("size"), size >= 1 else {
      throw OperatorFailure.malformed("attribute 'size': expected a number from 1")
    }
    let alpha = Double(try call.float("alpha", 1e-4)) / Double(size)
    let (beta, bias) = (Double(try call.float("beta", 0.75)), Double(try call.float("bias", 1)))
    let (before, after) = ((size - 1) / 2, size - 1 - (size - 1) / 2)
    let numbers = try x.realNumbers()
    let (count, inner) = (channels.count, channels.inner)
    var result = numbers
    var squares = [Double](repeating: 0, count: inner)
    for plane in 0..<channels.images * count {
      let (channel, image) = (plane % count, plane / count * count)
      for index in squares.indices { squares[index] = 0 }
      for other in max(0, channel - before)...min(count - 1, channel + min(after, count)) {
        let start = (image + other) * inner
        for index in 0..<inner { squares[index] += numbers[start + index] * numbers[start + index] }
      }
      for index in 0..<inner {
        result[plane * inner + index] /= pow(bias + alpha * squares[index], beta)
      }
    }
    return Value(x.elementType, x.shape, rounding: result)
  }
}

/// The extents of `[N, C, ...]`.
struct Channels {
  let images: Int
  let count: Int
  /// The number of elements in a plane.
  let inner: Int

  /// The extents of `shape`. Throws ``OperatorFailure/malformed(_:)`` where it has no channels.
  init(_ shape: Shape) throws {
    guard shape.rank >= 2 else {
      throw OperatorFailure.malformed("expected [N, C, ...], found \(shape)")
    }
    images = shape.elementCount == 0 ? 0 : shape[0]
    count = shape[1]
    inner = shape.elementCount == 0 ? 0 : shape.dimensions.dropFirst(2).reduce(1, *)
  }

  /// Every element of every image as a channel of its own.
  init(features shape: Shape) throws {
    let channels = try Channels(shape)
    images = channels.images
    count = channels.count * channels.inner
    inner = images == 0 ? 0 : 1
  }
}

/// The mean and the variance of a population.
struct Statistics {
  let mean: Double
  let variance: Double

  /// Those of the elements of `numbers` in `ranges`, which are of one length.
  init(of numbers: [Double], in ranges: [Range<Int>]) {
    let count = Double(ranges.count * (ranges.first?.count ?? 0))
    var sum = 0.0
    for range in ranges {
      for index in range { sum += numbers[index] }
    }
    let mean = sum / count
    var squares = 0.0
    for range in ranges {
      for index in range { squares += (numbers[index] - mean) * (numbers[index] - mean) }
    }
    self.mean = mean
    variance = squares / count
  }
}

extension OperatorCall {
  /// The floating-point input at `index`, called `name`: a number for each of `count` channels.
  func channelNumbers(_ index: Int, _ name: String, _ count: Int) throws -> [Double] {
    let value = try input(index)
    guard value.shape.elementCount == count else {
      throw OperatorFailure.malformed("\(name): expected \(count) numbers, found \(value.shape)")
    }
    return try value.realNumbers()
  }
}
