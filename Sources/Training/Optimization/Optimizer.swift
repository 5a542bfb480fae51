public import Tensors

/// Adam or AdamW with the state that it keeps from step to step: running means of each number's
/// gradients and of their squares.
///
/// The arithmetic is PyTorch's: moments and weights in binary32, bias corrections and the learning
/// rate in binary64 and rounded once.
public struct Optimizer: Sendable, Equatable {
  /// How gradients become changes.
  public let settings: OptimizerSettings
  /// How often the values were changed.
  public private(set) var updates: Int
  /// The running mean of the gradients by name of what they are by, of its shape; not yet corrected
  /// for its start at 0.
  public private(set) var first: [String: FloatTensor]
  /// The running mean of the squared gradients, likewise.
  public private(set) var second: [String: FloatTensor]

  /// An optimizer of `values` that has seen nothing yet; `settings` must have no problems.
  public init(_ settings: OptimizerSettings, for values: [String: FloatTensor]) {
    let zeros = values.mapValues { FloatTensor(zeros: $0.shape) }
    self.init(settings, updates: 0, first: zeros, second: zeros)
  }

  /// An optimizer that goes on where another was: both moments must be of the same names.
  init(
    _ settings: OptimizerSettings, updates: Int, first: [String: FloatTensor],
    second: [String: FloatTensor]
  ) {
    precondition(settings.problems.isEmpty, settings.problems.joined(separator: "; "))
    precondition(first.keys == second.keys, "moments of different values")
    self.settings = settings
    self.updates = updates
    self.first = first
    self.second = second
  }

  /// Changes those of `values` that the optimizer is for by their `gradients`, all of which must be
  /// there. `factors` multiply the learning rate of the values that they name, which do not decay.
  public mutating func update(
    _ values: inout [String: FloatTensor], gradients: [String: FloatTensor], learningRate: Double,
    factors: [String: Double] = [:]
  ) {
    updates += 1
    let common = Step(settings, updates: updates, learningRate: learningRate)
    for name in first.keys.sorted() {
      guard let gradient = gradients[name], var value = values.removeValue(forKey: name),
        var first = first.removeValue(forKey: name), var second = second.removeValue(forKey: name)
      else { preconditionFailure("no value or gradient of '\(name)'") }
      precondition(
        value.shape == first.shape && gradient.shape == first.shape, "shape of '\(name)'")
      let step =
        factors[name].map {
          Step(settings.withoutDecay, updates: updates, learningRate: learningRate * $0)
        } ?? common
      step.change(&value.values, &first.values, &second.values, by: gradient.values)
      values[name] = value
      self.first[name] = first
      self.second[name] = second
    }
  }
}

/// The numbers of one step, as they are applied to every weight.
private struct Step {
  private typealias Vector = SIMD16<Float>

  /// What is added to a gradient for each unit of its weight.
  private let addedDecay: Float
  /// What a weight is multiplied with.
  private let kept: Float
  /// The weight of a gradient in the mean, and of its square in the mean square.
  private let firstShare: Float, secondShare: Float
  /// What the mean square keeps.
  private let secondDecay: Float
  /// The root of what the mean square must be divided by.
  private let correction: Float
  private let epsilon: Float
  /// The learning rate over what the mean must be divided by, negative.
  private let size: Float

  init(_ settings: OptimizerSettings, updates: Int, learningRate: Double) {
    let isDecoupled = settings.method == .adamW
    addedDecay = isDecoupled ? 0 : Float(settings.weightDecay)
    kept = isDecoupled ? Float(1 - learningRate * settings.weightDecay) : 1
    firstShare = Float(1 - settings.firstDecay)
    secondShare = Float(1 - settings.secondDecay)
    secondDecay = Float(settings.secondDecay)
    correction = Float(
      (1 - ExponentialMean.power(settings.secondDecay, updates)).squareRoot())
    epsilon = Float(settings.epsilon)
    size = Float(-(learningRate / (1 - ExponentialMean.power(settings.firstDecay, updates))))
  }

  /// Changes `values` and both moments by `gradients`, all of the same count.
  func change(
    _ values: inout [Float], _ first: inout [Float], _ second: inout [Float],
    by gradients: [Float]
  ) {
    let gradients = gradients.span
    var values = values.mutableSpan
    var first = first.mutableSpan
    var second = second.mutableSpan
    for start in stride(from: 0, to: gradients.count, by: Vector.scalarCount) {
      let count = min(Vector.scalarCount, gradients.count - start)
      var value = values.span.vector(at: start, count: count)
      var mean = first.span.vector(at: start, count: count)
      var square = second.span.vector(at: start, count: count)
      var gradient = gradients.vector(at: start, count: count)
      value *= kept
      gradient += value * addedDecay
      mean =
        firstShare < 0.5
        ? mean + (gradient - mean) * firstShare
        : gradient - (gradient - mean) * (1 - firstShare)
      square = square * secondDecay + gradient * secondShare * gradient
      value += mean * size / (square.squareRoot() / correction + epsilon)
      values.store(value, at: start, count: count)
      first.store(mean, at: start, count: count)
      second.store(square, at: start, count: count)
    }
  }
}
