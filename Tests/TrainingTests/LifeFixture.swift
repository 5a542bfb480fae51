import Tensors
import TestSupport

@testable import Training

/// A training of three numbers and a scale, whose gradients follow from the step.
struct LifeFixture {
  var state: TrainingState

  /// A training that begins; `averages` says whether it has an average of its weights.
  init(
    seed: Int = 7, batch: Int = 4, model: String = "0123", averages: Bool = true
  ) throws {
    let weights = [
      "conv.weight": FloatTensor(shape: [2, 1, 1, 1], values: [0.5, -0.25]),
      "conv.bias": FloatTensor(shape: [1], values: [1]),
    ]
    let scales = ["conv.scale": FloatTensor(shape: [], values: [0.125])]
    let trained = weights.merging(scales) { $1 }
    state = TrainingState(
      weights: weights, scales: scales, optimizer: Optimizer(OptimizerSettings(), for: trained),
      average: averages ? WeightAverage(decay: 0.9, of: trained) : nil,
      settings: try TrainingSettings([
        "seed": seed, "batch": batch, "optimizer": OptimizerSettings(),
      ]), model: model)
  }

  /// Takes steps up to `end`, with validations as good as `scores` says.
  mutating func train(to end: Int, scores: [Int: Double] = [:]) {
    while state.step < end {
      var values = state.weights.merging(state.scales) { $1 }
      let gradients = values.mapValues { value in
        FloatTensor(
          shape: value.shape,
          values: value.values.map { $0 * Float(state.step + 1).squareRoot() - 0.3 })
      }
      state.optimizer.update(&values, gradients: gradients, learningRate: 0.01)
      for name in state.weights.keys { state.weights[name] = values[name] }
      for name in state.scales.keys { state.scales[name] = values[name] }
      state.average?.add(values)
      if let score = scores[state.step] {
        var early = EarlyStop(patience: nil, best: state.best)
        _ = early.note(score, step: state.step)
        state.best = early.best
      }
    }
  }

  /// The metrics of `step`, and of a validation after every third.
  static func lines(of step: Int) -> [MetricsLine] {
    let metrics = StepMetrics(
      step: step, loss: 1 / Double(step), parts: ["crossEntropy": 1 / Double(step)],
      learningRate: 1e-5, gradientNorm: 0.1 * Double(step))
    return [.step(metrics)]
      + (step.isMultiple(of: 3)
        ? [.validation(ValidationMetrics(step: step, region: 0.5, boundary: 0.7))] : [])
  }
}
