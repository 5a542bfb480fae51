import Quantization

/// How the errors of a value are spread over its elements.
public struct ErrorDistribution: Sendable, Hashable {
  /// What the relative error of an element is measured against where the element itself is smaller:
  /// this share of the largest magnitude of the reference's tensor.
  public static let relativeFloor = 0.01

  /// How many times the root of the mean squared error of its tensor an outlier's error exceeds.
  public static let outlierFactor = 6.0

  /// The number of elements seen.
  public private(set) var count = 0
  /// The largest error of an element over the reference's magnitude there, or over
  /// ``relativeFloor``; infinite where an element of either side is not finite.
  public private(set) var maximumRelativeError = 0.0
  /// Elements whose error exceeds ``outlierFactor`` times that of the tensor that they are in.
  public private(set) var outlierCount = 0
  /// Elements that the candidate holds as the smallest or the largest of its 8-bit integers, and
  /// whose reference lies more than half a step beyond.
  public private(set) var saturatedCount = 0
  /// How far elements are apart in the candidate's storage.
  public private(set) var ulps = ULPHistogram()

  private var relativeErrorSum = 0.0
  private var finiteCount = 0

  /// The distribution of nothing.
  public init() {}

  /// The mean of the errors of elements over the reference's magnitude there, or over
  /// ``relativeFloor``; infinite where an element of either side is not finite.
  public var meanRelativeError: Double {
    finiteCount < count ? .infinity : count == 0 ? 0 : relativeErrorSum / Double(count)
  }

  /// The share of elements that are outliers.
  public var outlierShare: Double { share(outlierCount) }

  /// The share of elements that are saturated; 0 where the candidate does not hold 8-bit integers.
  public var saturatedShare: Double { share(saturatedCount) }

  private func share(_ part: Int) -> Double { count == 0 ? 0 : Double(part) / Double(count) }

  /// Adds what `other` was told of.
  mutating func include(_ other: ErrorDistribution) {
    count += other.count
    maximumRelativeError = max(maximumRelativeError, other.maximumRelativeError)
    outlierCount += other.outlierCount
    saturatedCount += other.saturatedCount
    relativeErrorSum += other.relativeErrorSum
    finiteCount += other.finiteCount
    ulps.include(other.ulps)
  }

  /// Adds elements of a tensor whose metrics are those of `tensor` and which the candidate holds as
  /// `storage` says.
  mutating func include(
    reference: Span<Float>, candidate: Span<Float>, of tensor: ErrorMetrics, in storage: Storage
  ) {
    for start in stride(from: 0, to: reference.count, by: ErrorMetrics.blockCount) {
      let range = start..<min(start + ErrorMetrics.blockCount, reference.count)
      let (left, right) = (reference.extracting(range), candidate.extracting(range))
      includeRelative(left, right, floor: Self.relativeFloor * tensor.referenceMaximum)
      includeOutliers(left, right, beyond: tensor.outlierThreshold)
      if case .quantized(let quantization) = storage {
        includeSaturated(left, right, in: quantization)
      }
    }
    count += reference.count
    ulps.include(reference: reference, candidate: candidate, in: storage)
  }

  private mutating func includeRelative(
    _ reference: Span<Float>, _ candidate: Span<Float>, floor: Double
  ) {
    // Where the reference is 0 throughout, any error is infinite in relation to it.
    let least = SIMD4(repeating: max(floor, .leastNonzeroMagnitude))
    var (sum, largest) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    let whole = reference.count & ~3
    for index in stride(from: 0, to: whole, by: 4) {
      let (r, c) = (reference.doubles(at: index), candidate.doubles(at: index))
      let relative = (c - r).magnitude / pointwiseMax(r.magnitude, least)
      sum += relative
      largest = pointwiseMax(largest, relative)
    }
    let total = sum.sum()
    guard total.isFinite else {
      return includeRelative(each: 0..<reference.count, reference, candidate, least[0])
    }
    relativeErrorSum += total
    finiteCount += whole
    maximumRelativeError = max(maximumRelativeError, largest.max())
    includeRelative(each: whole..<reference.count, reference, candidate, least[0])
  }

  private mutating func includeRelative(
    each range: Range<Int>, _ reference: Span<Float>, _ candidate: Span<Float>, _ least: Double
  ) {
    for index in range {
      let (r, c) = (Double(reference[index]), Double(candidate[index]))
      let relative = abs(c - r) / max(abs(r), least)
      guard relative.isFinite else {
        maximumRelativeError = .infinity
        continue
      }
      relativeErrorSum += relative
      finiteCount += 1
      maximumRelativeError = max(maximumRelativeError, relative)
    }
  }

  private mutating func includeOutliers(
    _ reference: Span<Float>, _ candidate: Span<Float>, beyond threshold: Double
  ) {
    let threshold = Float(threshold)
    var found = 0
    for index in reference.indices {
      found &+= abs(candidate[index] - reference[index]) > threshold ? 1 : 0
    }
    outlierCount += found
  }

  private mutating func includeSaturated(
    _ reference: Span<Float>, _ candidate: Span<Float>, in quantization: AffineQuantization
  ) {
    let saturation = Saturation(of: quantization)
    var found = 0
    for index in reference.indices {
      found &+= saturation.holds(candidate[index], beside: reference[index]) ? 1 : 0
    }
    saturatedCount += found
  }
}

extension ErrorMetrics {
  /// The error beyond which an element of this tensor is an outlier.
  fileprivate var outlierThreshold: Double {
    let finite = count - nonFiniteCount
    guard finite > 0 else { return .infinity }
    return ErrorDistribution.outlierFactor * (sums.squaredError / Double(finite)).squareRoot()
  }
}
