import Foundation
public import Tensors

/// How far a candidate's values are from a reference's, accumulated in binary64.
///
/// Sums run over blocks of elements and then over the blocks, in an order that depends on the
/// elements alone, so that equal tensors give equal metrics bit for bit.
public struct ErrorMetrics: Sendable, Hashable {
  /// The number of elements compared.
  public internal(set) var count = 0
  /// The largest absolute difference; infinite where an element of either side is not finite.
  public internal(set) var maximumError = 0.0
  /// The number of the first element with the largest difference, counted from 0 in the order in
  /// which elements were added; nil without a difference.
  public internal(set) var maximumIndex: Int?
  /// The largest magnitude of the reference.
  public internal(set) var referenceMaximum = 0.0
  /// Elements that are not finite on either side: no value can be right there.
  public internal(set) var nonFiniteCount = 0

  var sums = ErrorSums()

  /// The metrics of nothing.
  public init() {}

  /// Adds the elements of two tensors; of which one may be as long as a part of the other, and is
  /// then compared with each such part.
  public mutating func include(reference: FloatTensor, candidate: FloatTensor) {
    reference.forEachPart(beside: candidate) { include(reference: $0, candidate: $1) }
  }

  /// Adds one element of either side.
  mutating func include(reference: Double, candidate: Double) {
    defer { count += 1 }
    guard reference.isFinite && candidate.isFinite else {
      nonFiniteCount += 1
      if maximumError < .infinity { (maximumError, maximumIndex) = (.infinity, count) }
      return
    }
    let error = abs(reference - candidate)
    if error > maximumError { (maximumError, maximumIndex) = (error, count) }
    referenceMaximum = max(referenceMaximum, abs(reference))
    sums.include(reference: reference, candidate: candidate)
  }

  /// Adds what `other` was told of, behind what was added before.
  public mutating func include(_ other: ErrorMetrics) {
    if other.maximumError > maximumError {
      maximumError = other.maximumError
      maximumIndex = other.maximumIndex.map { count + $0 }
    }
    referenceMaximum = max(referenceMaximum, other.referenceMaximum)
    nonFiniteCount += other.nonFiniteCount
    count += other.count
    sums.include(other.sums)
  }

  /// The mean absolute difference; infinite where an element of either side is not finite.
  public var meanError: Double {
    nonFiniteCount > 0 ? .infinity : count == 0 ? 0 : sums.error / Double(count)
  }

  /// The root of the mean squared difference; infinite where an element of either side is not
  /// finite.
  public var rootMeanSquareError: Double {
    nonFiniteCount > 0
      ? .infinity : count == 0 ? 0 : (sums.squaredError / Double(count)).squareRoot()
  }

  /// The largest absolute difference over the reference's largest magnitude.
  ///
  /// Where the reference is 0 throughout: 0 without a difference, else infinite.
  public var relativeMaximumError: Double {
    maximumError == 0 ? 0 : maximumError / referenceMaximum
  }

  /// The reference's energy: the sum of its squares, elements that are not finite left out.
  public var referenceEnergy: Double { sums.squaredReference }

  /// The error's energy: the sum of its squares; infinite where an element of either side is not
  /// finite.
  public var errorEnergy: Double { nonFiniteCount > 0 ? .infinity : sums.squaredError }

  /// Signal-to-quantization-noise ratio in dB: reference energy over error energy.
  ///
  /// Infinite without a difference, minus infinity where the reference is 0 throughout or an
  /// element of either side is not finite.
  public var sqnr: Double { ratio(of: sums.squaredReference) }

  /// Peak signal-to-noise ratio in dB: the square of the reference's largest magnitude over the
  /// mean squared difference.
  ///
  /// Infinite without a difference, minus infinity where the reference is 0 throughout or an
  /// element of either side is not finite.
  public var psnr: Double { ratio(of: referenceMaximum * referenceMaximum * Double(count)) }

  /// `energy` over the error's energy, in dB.
  func ratio(of energy: Double) -> Double {
    guard maximumError > 0 else { return .infinity }
    guard nonFiniteCount == 0, energy > 0 else { return -.infinity }
    return 10 * log10(energy / sums.squaredError)
  }

  /// The cosine of the angle between the two as vectors: 1 for two zero vectors, 0 for one.
  public var cosine: Double {
    guard nonFiniteCount == 0 else { return 0 }
    let (reference, candidate) = (sums.squaredReference, sums.squaredCandidate)
    guard reference > 0 && candidate > 0 else { return reference == candidate ? 1 : 0 }
    return min(max(sums.product / (reference * candidate).squareRoot(), -1), 1)
  }
}

/// The sums that metrics derive from.
struct ErrorSums: Sendable, Hashable {
  var error = 0.0
  var squaredError = 0.0
  var squaredReference = 0.0
  var squaredCandidate = 0.0
  var product = 0.0

  mutating func include(reference: Double, candidate: Double) {
    let difference = candidate - reference
    error += abs(difference)
    squaredError += difference * difference
    squaredReference += reference * reference
    squaredCandidate += candidate * candidate
    product += reference * candidate
  }

  mutating func include(_ other: ErrorSums) {
    error += other.error
    squaredError += other.squaredError
    squaredReference += other.squaredReference
    squaredCandidate += other.squaredCandidate
    product += other.product
  }
}
