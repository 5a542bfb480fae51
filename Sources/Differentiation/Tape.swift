/// What a forward run remembers for its gradients.
public struct Tape<Kernels: DifferentiableKernels> {
  /// What the program hands out, by its names outside.
  public internal(set) var outputs: [String: Kernels.Value] = [:]
  /// The moments that batch norms took from the batch, by step.
  public internal(set) var moments: [String: BatchMoments<Kernels.Scalar>] = [:]
  /// The values that were kept, by name; inputs included.
  var values: [String: Kernels.Value]
  /// Those that are held rounded, before that.
  var unrounded: [String: Kernels.Value] = [:]

  init(values: [String: Kernels.Value]) { self.values = values }

  /// The output called `name`, which must be one of the program's.
  public func output(_ name: String) -> Kernels.Value {
    guard let output = outputs[name] else { preconditionFailure("no output '\(name)'") }
    return output
  }

  func value(_ name: String) -> Kernels.Value {
    guard let value = values[name] else { preconditionFailure("'\(name)' was not kept") }
    return value
  }
}
