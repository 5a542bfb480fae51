import Differentiation

extension ProgramNumbers {
  /// Makes the program, whose batch norms are frozen, compute as `quantization` deploys it: with
  /// numbers that a model file in binary32 would have before it is rounded.
  ///
  /// Throws what ``TrainedQuantization/quantized(_:of:)`` and
  /// ``TrainedQuantization/rounding(of:)`` throw.
  public mutating func quantize(as quantization: TrainedQuantization) throws {
    precondition(batchNorms == .frozen, "a program whose batch norms are not folded")
    let program = program
    let steps: [String: StepNumbers<Float>] = steps.mapValues { $0.converted() }
    self.steps = try quantization.quantized(steps, of: program).mapValues { $0.converted() }
    rounding = try quantization.rounding(of: program)
    passBack = { gradients in
      try quantization.gradients(
        from: gradients.mapValues { $0.converted() }, by: steps, of: program
      ).mapValues { $0.converted() }
    }
  }
}

extension StepNumbers {
  /// The same, rounded to binary32.
  fileprivate func converted<Target: Real>() -> StepNumbers<Target> {
    StepNumbers<Target>(
      weight: Numbers<Target>(weight.floats), bias: bias?.map { Target($0) },
      normalization: normalization)
  }
}

extension StepGradients {
  /// The same, rounded to binary32.
  fileprivate func converted<Target: Real>() -> StepGradients<Target> {
    StepGradients<Target>(
      weight: Numbers<Target>(weight.floats), bias: bias?.map { Target($0) })
  }
}
