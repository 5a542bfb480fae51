public import Differentiation
import Execution
public import Networks
import Quantization

extension TrainedQuantization {
  /// What the plan rounds the values of `program` to: as they are held, as steps convert them for
  /// themselves, and as images are once they are normalized. Scales that are learned have the names
  /// of ``logarithms``.
  ///
  /// A scale of a value that the program is given has a gradient only where that by the value is
  /// asked for. Throws ``TrainingError/scale(of:found:)``.
  public func rounding<Scalar: Real>(of program: Program) throws -> ProgramRounding<Scalar> {
    let storage = ProgramStorage(
      program, plan, quantizations: try quantizations(in: program))
    func rounding(_ target: Storage, of value: String) -> FakeQuantization<Scalar>? {
      let owner = program.quantizationOwner(of: value)
      return FakeQuantization(
        target,
        scaleName: target.isQuantized && !program.isImage(value)
          ? Self.name(owner, program.name) : nil)
    }
    var result = ProgramRounding<Scalar>()
    for value in program.inputs + program.steps.map(\.name) {
      result.held[value] = rounding(storage.storage(of: value), of: value)
    }
    for step in program.steps {
      for (index, value) in step.inputs.enumerated() {
        let operand = storage.operandStorage(of: step, index)
        guard operand != storage.storage(of: value) else { continue }
        result.operands[step.name, default: [:]][index] = rounding(operand, of: value)
      }
      if step.readsImages {
        result.normalized[step.name] = FakeQuantization(storage.normalizedStorage(of: step))
      }
    }
    return result
  }
}
