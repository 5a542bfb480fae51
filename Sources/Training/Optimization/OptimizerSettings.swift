/// How gradients become changes of the weights: Adam (Kingma, Ba, *Adam: A Method for Stochastic
/// Optimization*, ICLR 2015) or AdamW (Loshchilov, Hutter, *Decoupled Weight Decay Regularization*,
/// ICLR 2019).
public struct OptimizerSettings: Sendable, Hashable, Codable {
  /// What weight decay does.
  public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
    /// It is part of the gradient: `gradient + weightDecay * weight`.
    case adam
    /// It is apart from the gradient: weights shrink by `learningRate * weightDecay` of themselves.
    case adamW
  }

  /// What weight decay does.
  public var method: Method
  /// How much of the mean of the gradients is kept at each step: `beta1`, from 0 to below 1.
  public var firstDecay: Double
  /// How much of the mean of their squares is kept at each step: `beta2`, from 0 to below 1.
  public var secondDecay: Double
  /// What is added to the root of the mean square, above 0.
  public var epsilon: Double
  /// How strongly weights are drawn to 0, at least 0.
  public var weightDecay: Double

  /// Settings; where nothing is said, those of the papers and of PyTorch, without weight decay.
  public init(
    _ method: Method = .adam, firstDecay: Double = 0.9, secondDecay: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.method = method
    self.firstDecay = firstDecay
    self.secondDecay = secondDecay
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// The same without weight decay.
  var withoutDecay: OptimizerSettings {
    var settings = self
    settings.weightDecay = 0
    return settings
  }

  /// What is wrong with the settings, a line each; empty: nothing is.
  public var problems: [String] {
    var problems: [String] = []
    for (name, decay) in [("firstDecay", firstDecay), ("secondDecay", secondDecay)]
    where !(0..<1).contains(decay) {
      problems.append("\(name): expected a number from 0 to below 1, found \(decay)")
    }
    if !(epsilon > 0 && epsilon.isFinite) {
      problems.append("epsilon: expected a number above 0, found \(epsilon)")
    }
    if !(weightDecay >= 0 && weightDecay.isFinite) {
      problems.append("weightDecay: expected a number of at least 0, found \(weightDecay)")
    }
    return problems
  }
}
