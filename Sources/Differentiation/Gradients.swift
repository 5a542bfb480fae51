/// The gradients of a loss by what a program is given and computes with.
public struct Gradients<Kernels: DifferentiableKernels> {
  /// By the inputs that were asked for, by name; those that do not influence the loss are absent.
  public internal(set) var inputs: [String: Kernels.Value] = [:]
  /// By the numbers of the steps, by name.
  public internal(set) var steps: [String: StepGradients<Kernels.Scalar>] = [:]
  /// By the scales of roundings, by the names that these have for them.
  public internal(set) var scales: [String: Kernels.Scalar] = [:]
}
