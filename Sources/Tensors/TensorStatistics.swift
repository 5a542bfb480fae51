/// What the elements of a tensor are like, in binary64; those that are not finite are only counted.
public struct TensorStatistics: Sendable {
  /// The number of elements that are finite.
  public private(set) var finiteCount = 0
  /// The smallest finite element; infinite where there is none.
  public private(set) var minimum = Double.infinity
  /// The largest finite element; minus infinity where there is none.
  public private(set) var maximum = -Double.infinity
  /// The mean of the finite elements; 0 where there is none.
  public private(set) var mean = 0.0
  /// The number of elements that are 0.
  public private(set) var zeroCount = 0
  /// The elements that are not finite, if there are any; the index is that of the first tensor.
  public private(set) var nonFinite: NonFinite?

  private var squaredDeviation = 0.0

  /// The standard deviation of the finite elements, as of a whole population.
  public var standardDeviation: Double {
    finiteCount == 0 ? 0 : (squaredDeviation / Double(finiteCount)).squareRoot()
  }

  /// The statistics of `tensor`.
  public init(of tensor: Tensor) {
    nonFinite = tensor.nonFinite
    let count = tensor.shape.elementCount
    for start in stride(from: 0, to: count, by: Tensor.blockCount) {
      let numbers = tensor.numbers(in: start..<min(start + Tensor.blockCount, count))
      include(Block(nonFinite == nil ? numbers : numbers.filter(\.isFinite)))
    }
  }

  /// Adds the elements of another tensor.
  public mutating func include(_ other: TensorStatistics) {
    include(
      Block(
        count: other.finiteCount, minimum: other.minimum, maximum: other.maximum, mean: other.mean,
        squaredDeviation: other.squaredDeviation, zeroCount: other.zeroCount))
    if let found = other.nonFinite {
      nonFinite = NonFinite(
        count: found.count + (nonFinite?.count ?? 0),
        firstIndex: nonFinite?.firstIndex ?? found.firstIndex)
    }
  }

  /// Chan, Golub and LeVeque's way to join means and squared deviations of two parts.
  private mutating func include(_ block: Block) {
    guard block.count > 0 else { return }
    let (here, there) = (Double(finiteCount), Double(block.count))
    let difference = block.mean - mean
    mean += difference * there / (here + there)
    squaredDeviation +=
      block.squaredDeviation + difference * difference * here * there / (here + there)
    finiteCount += block.count
    minimum = min(minimum, block.minimum)
    maximum = max(maximum, block.maximum)
    zeroCount += block.zeroCount
  }
}

/// The statistics of some finite numbers.
private struct Block {
  let count: Int
  let minimum: Double
  let maximum: Double
  let mean: Double
  let squaredDeviation: Double
  let zeroCount: Int
}

extension Block {
  private typealias Lanes = SIMD8<Double>

  /// Sums eight numbers at a time, in an order that depends on nothing but their count.
  init(_ numbers: [Double]) {
    let whole = numbers.count / 8
    var rest = Lanes(repeating: numbers.last ?? 0)
    let restCount = numbers.count - 8 * whole
    for index in 0..<restCount { rest[index] = numbers[8 * whole + index] }
    (count, minimum, maximum, mean, squaredDeviation, zeroCount) = unsafe numbers.withUnsafeBytes {
      raw in
      var (low, high, sum) = (rest, rest, Lanes.zero)
      var zeros = SIMD8<Int64>.zero
      for index in 0..<whole {
        let values = unsafe raw.loadUnaligned(fromByteOffset: 64 * index, as: Lanes.self)
        low.replace(with: values, where: values .< low)
        high.replace(with: values, where: values .> high)
        sum += values
        zeros.replace(with: zeros &+ 1, where: values .== 0)
      }
      var total = sum.sum()
      for index in 0..<restCount { total += rest[index] }
      let mean = numbers.isEmpty ? 0 : total / Double(numbers.count)
      var deviations = Lanes.zero
      for index in 0..<whole {
        let values = unsafe raw.loadUnaligned(fromByteOffset: 64 * index, as: Lanes.self) - mean
        deviations += values * values
      }
      var squares = deviations.sum()
      var zeroCount = Int(zeros.wrappedSum())
      for index in 0..<restCount {
        squares += (rest[index] - mean) * (rest[index] - mean)
        zeroCount += rest[index] == 0 ? 1 : 0
      }
      return (numbers.count, low.min(), high.max(), mean, squares, zeroCount)
    }
  }
}
