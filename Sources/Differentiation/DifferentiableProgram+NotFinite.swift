import Networks

extension DifferentiableProgram {
  /// The first value of the run of `tape`, inputs first, that has an element that is not finite; nil:
  /// there is none. What was not kept is computed again.
  ///
  /// Throws what the kernels throw.
  public func firstNotFinite(in tape: Tape<Kernels>) throws -> String? {
    for name in program.inputs where try !isFinite(tape.value(name)) { return name }
    for stage in stages {
      var inside = tape
      if checkpoints == .stages { try run(stage, &inside) }
      for step in program.steps[stage] where try !isFinite(inside.value(step.name)) {
        return step.name
      }
    }
    return nil
  }

  private func isFinite(_ value: Value) throws -> Bool {
    try kernels.numbers(of: value).values.allSatisfy(\.isFinite)
  }
}
