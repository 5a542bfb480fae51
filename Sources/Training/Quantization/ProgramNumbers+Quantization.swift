extension ProgramNumbers where Scalar == Float {
  /// Makes the program, whose batch norms are frozen, compute as `quantization` deploys it.
  ///
  /// Throws what ``TrainedQuantization/quantized(_:of:)`` and
  /// ``TrainedQuantization/rounding(of:)`` throw.
  public mutating func quantize(as quantization: TrainedQuantization) throws {
    precondition(batchNorms == .frozen, "a program whose batch norms are not folded")
    let (program, steps) = (program, steps)
    self.steps = try quantization.quantized(steps, of: program)
    rounding = try quantization.rounding(of: program)
    passBack = { try quantization.gradients(from: $0, by: steps, of: program) }
  }
}
