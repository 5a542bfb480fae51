import Foundation
public import Tensors

/// How far a candidate's values are from a reference's, accumulated in binary64.
public struct ErrorMetrics: Sendable, Hashable {
  /// The number of elements compared.
  public private(set) var count = 0
  /// The largest absolute difference; infinite where an element of either side is not finite.
  public private(set) var maximumError = 0.0
  /// The largest magnitude of the reference.
  public private(set) var referenceMaximum = 0.0
  /// Elements that are not finite on either side: no value can be right there.
  public private(set) var nonFiniteCount = 0

  private var errorSum = 0.0
  private var squaredErrorSum = 0.0
  private var squaredReferenceSum = 0.0
  private var squaredCandidateSum = 0.0
  private var productSum = 0.0

  /// The metrics of nothing.
  public init() {}

  /// Adds the elements of two tensors; one whose `N` is 1 is broadcast to the other's.
  public mutating func include(reference: FloatTensor, candidate: FloatTensor) {
    let elements = max(reference.values.count, candidate.values.count)
    for index in 0..<elements {
      include(
        reference: Double(reference.values[index % reference.values.count]),
        candidate: Double(candidate.values[index % candidate.values.count]))
    }
  }

  /// Adds one element of either side.
  mutating func include(reference: Double, candidate: Double) {
    count += 1
    guard reference.isFinite && candidate.isFinite else {
      nonFiniteCount += 1
      maximumError = .infinity
      return
    }
    let error = abs(reference - candidate)
    maximumError = max(maximumError, error)
    referenceMaximum = max(referenceMaximum, abs(reference))
    errorSum += error
    squaredErrorSum += error * error
    squaredReferenceSum += reference * reference
    squaredCandidateSum += candidate * candidate
    productSum += reference * candidate
  }

  /// The mean absolute difference; infinite where an element of either side is not finite.
  public var meanError: Double {
    nonFiniteCount > 0 ? .infinity : count == 0 ? 0 : errorSum / Double(count)
  }

  /// The largest absolute difference over the reference's largest magnitude.
  ///
  /// Where the reference is 0 throughout: 0 without a difference, else infinite.
  public var relativeMaximumError: Double {
    maximumError == 0 ? 0 : maximumError / referenceMaximum
  }

  /// Signal-to-quantization-noise ratio in dB: reference energy over error energy.
  ///
  /// Infinite without a difference, minus infinity where the reference is 0 throughout or an
  /// element of either side is not finite.
  public var sqnr: Double {
    guard maximumError > 0 else { return .infinity }
    guard nonFiniteCount == 0, squaredReferenceSum > 0 else { return -.infinity }
    return 10 * log10(squaredReferenceSum / squaredErrorSum)
  }

  /// The cosine of the angle between the two as vectors: 1 for two zero vectors, 0 for one.
  public var cosine: Double {
    guard nonFiniteCount == 0 else { return 0 }
    let norms = squaredReferenceSum * squaredCandidateSum
    guard norms > 0 else { return squaredReferenceSum == squaredCandidateSum ? 1 : 0 }
    return min(max(productSum / norms.squareRoot(), -1), 1)
  }
}
