public import Tensors

/// The exponential average of weights over the steps (Polyak, Juditsky, *Acceleration of Stochastic
/// Approximation by Averaging*, 1992).
///
/// The weights that training began with do not count, nor is there anything else that has to fade
/// first: after `n` steps those of step `k` count `decay ^ (n - k)` over the sum of all
/// (``ExponentialMean``). Where it is on, validation and the final model use it.
public struct WeightAverage: Sendable, Equatable {
  /// How much less the weights of a step count than those of the next, from 0 to below 1.
  public let decay: Double
  /// How many steps are in it.
  public private(set) var count: Int
  /// The averages by name; those that training began with before the first step.
  public private(set) var values: [String: FloatTensor]

  /// The average of nothing yet; until there is something it is `values`.
  public init(decay: Double, of values: [String: FloatTensor]) {
    self.init(decay: decay, count: 0, values: values)
  }

  /// An average that goes on where another was.
  init(decay: Double, count: Int, values: [String: FloatTensor]) {
    precondition((0..<1).contains(decay), "a decay of \(decay)")
    self.decay = decay
    self.count = count
    self.values = values
  }

  /// Takes in those of `values` that it is the average of, as they are after a step.
  public mutating func add(_ values: [String: FloatTensor]) {
    count += 1
    let share = Float(ExponentialMean.share(ofLast: count, decay: decay))
    for name in self.values.keys.sorted() {
      guard let value = values[name], var average = self.values.removeValue(forKey: name) else {
        preconditionFailure("no value of '\(name)'")
      }
      precondition(value.shape == average.shape, "shape of '\(name)'")
      if count == 1 {
        average = value
      } else {
        Self.move(&average.values, to: value.values, share)
      }
      self.values[name] = average
    }
  }

  /// Moves `averages` by `share` of the way to `values`.
  private static func move(_ averages: inout [Float], to values: [Float], _ share: Float) {
    let values = values.span
    var averages = averages.mutableSpan
    for start in stride(from: 0, to: values.count, by: 16) {
      let count = min(16, values.count - start)
      let average = averages.span.vector(at: start, count: count)
      let value = values.vector(at: start, count: count)
      averages.store(average + (value - average) * share, at: start, count: count)
    }
  }
}
