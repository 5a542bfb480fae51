import Differentiation
import Foundation
import Tensors

/// Minus the logarithm of how much of a position's attention (Oh et al., ICCV 2019, equation 1) falls
/// on entries of the memory that belong to the same object; an entry that does so in part counts in
/// part.
struct AttentionLoss<Scalar: Real> {
  /// The keys of each frame in memory, `[N, K, H, W]`.
  private let keys: [Numbers<Scalar>]
  /// The gradients by ``keys``.
  private(set) var keyGradients: [Numbers<Scalar>]

  /// The loss of what is read from `keys`.
  init(keys: [Numbers<Scalar>]) {
    self.keys = keys
    keyGradients = keys.map { Numbers(zeros: $0.shape) }
  }

  /// The sum over the positions of `target` for the key `query` `[1, K, H, W]` of its frame, which
  /// reads the frames before it.
  ///
  /// Adds the gradients, times `scale`, to ``keyGradients`` and `queryGradient`.
  mutating func sum(
    _ target: AttentionTargets.Query, query: Numbers<Scalar>, scale: Double,
    queryGradient: inout Numbers<Scalar>
  ) -> Double {
    let entries = target.memory.map { Scalar($0) }
    var sum = 0.0
    for position in target.positions {
      var similarities = similarities(
        of: query, at: position, object: target.object, frames: target.frame)
      sum += loss(&similarities, entries, scale: scale)
      pass(
        similarities, query, at: position, object: target.object, queryGradient: &queryGradient)
    }
    return sum
  }

  /// The scaled dot products of the query at `position` with the keys of `object` in the first
  /// `frames` frames.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  private func similarities(
    of query: Numbers<Scalar>, at position: Int, object: Int, frames: Int
  ) -> [Scalar] {
    let channels = query.shape[1]
    let plane = query.values.count / channels
    let scale = 1 / Scalar(channels).squareRoot()
    var result = [Scalar](repeating: 0, count: frames * plane)
    var target = result.mutableSpan
    for frame in 0..<frames {
      let numbers = self.keys[frame]
      let keys = numbers.values.span
      for channel in 0..<channels {
        let q = query.values[channel * plane + position] * scale
        let row = (object * channels + channel) * plane
        for entry in 0..<plane { target[frame * plane + entry] += q * keys[row + entry] }
      }
    }
    return result
  }

  /// The loss of one position; `similarities` become its gradient by them, times `scale`: the
  /// attention minus what it would be if the memory held nothing but the object.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  private func loss(
    _ similarities: inout [Scalar], _ entries: [Scalar], scale: Double
  ) -> Double {
    let count = similarities.count
    var target = similarities.mutableSpan
    let entries = entries.span
    var (largest, largestOwn) = (-Scalar.infinity, -Scalar.infinity)
    for entry in 0..<count {
      let similarity = target[entry]
      if !(similarity <= largest) { largest = similarity }
      if entries[entry] > 0, !(similarity <= largestOwn) { largestOwn = similarity }
    }
    var (total, own): (Scalar, Scalar) = (0, 0)
    for entry in 0..<count {
      total += (target[entry] - largest).exponential
      if entries[entry] > 0 {
        own += (target[entry] - largestOwn).exponential * entries[entry]
      }
    }
    let loss = Double(largest - largestOwn) + log(Double(total)) - log(Double(own))
    let scale = Scalar(scale)
    for entry in 0..<count {
      let similarity = target[entry]
      var difference = (similarity - largest).exponential / total
      if entries[entry] > 0 {
        difference -= (similarity - largestOwn).exponential * entries[entry] / own
      }
      target[entry] = scale * difference
    }
    return loss
  }

  /// Hands the `gradient` by similarities on to the keys and the query.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  private mutating func pass(
    _ gradient: [Scalar], _ query: Numbers<Scalar>, at position: Int, object: Int,
    queryGradient: inout Numbers<Scalar>
  ) {
    let channels = query.shape[1]
    let plane = query.values.count / channels
    let scale = 1 / Scalar(channels).squareRoot()
    let gradient = gradient.span
    for frame in 0..<gradient.count / plane {
      let numbers = self.keys[frame]
      let keys = numbers.values.span
      var target = keyGradients[frame].values.mutableSpan
      for channel in 0..<channels {
        let q = query.values[channel * plane + position] * scale
        let row = (object * channels + channel) * plane
        var sum: Scalar = 0
        for entry in 0..<plane {
          target[row + entry] += gradient[frame * plane + entry] * q
          sum += gradient[frame * plane + entry] * keys[row + entry]
        }
        queryGradient.values[channel * plane + position] += sum * scale
      }
    }
  }
}
