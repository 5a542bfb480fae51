public import Differentiation
import Tensors

extension TrainedModel {
  /// How much of the running statistics a run's moments replace, as in PyTorch.
  static let momentum = 0.1

  /// Lets the running statistics follow the moments that batch norms took, by layer, run after run:
  /// `running = 0.9 running + 0.1 moment`, of which the variance is the unbiased one, as in PyTorch.
  ///
  /// A run is one run of a program, so that moments are those of the objects and pixels of one frame
  /// of one clip, not of a batch of clips. The result depends on their order: clips in the order of
  /// the batch, each with the runs in the order of its frames.
  public mutating func updateStatistics<Scalar: Real>(
    _ runs: [[String: BatchMoments<Scalar>]]
  ) {
    for run in runs {
      for (layer, moments) in run {
        let unbiased = Double(moments.count) / Double(moments.count - 1)
        follow("\(layer).running_mean", moments.mean.map { Double($0) })
        follow("\(layer).running_var", moments.variance.map { Double($0) * unbiased })
      }
    }
  }

  private mutating func follow(_ name: String, _ moments: [Double]) {
    let values = zip(statistic(name).values, moments).map { running, moment in
      Float((1 - Self.momentum) * Double(running) + Self.momentum * moment)
    }
    statistics[name] = FloatTensor(shape: [values.count], values: values)
  }
}
