public import Differentiation
public import Networks

/// One program of a network with everything that decides what it computes.
///
/// Whoever trains for other precisions changes the numbers and the rounding before a batch is run.
public struct ProgramNumbers<Scalar: Real>: Sendable {
  /// The steps.
  public let program: Program
  /// Where batch norms that are steps of their own have their moments from.
  public let batchNorms: BatchNormTraining
  /// The numbers of each step, by its name.
  public var steps: [String: StepNumbers<Scalar>]
  /// The normalizations of images that are steps of their own, by the step's name.
  public var normalizations: [String: ImageNormalization]
  /// What values are rounded to.
  public var rounding = ProgramRounding<Scalar>()
  /// The gradients by the numbers that the model has, given those by ``steps``: the same, unless
  /// ``steps`` were changed.
  public var passBack:
    @Sendable ([String: StepGradients<Scalar>]) throws -> [String: StepGradients<Scalar>] = { $0 }

  /// A program with numbers that are the model's.
  init(
    program: Program, batchNorms: BatchNormTraining, steps: [String: StepNumbers<Scalar>],
    normalizations: [String: ImageNormalization]
  ) {
    self.program = program
    self.batchNorms = batchNorms
    self.steps = steps
    self.normalizations = normalizations
  }

  /// The program as `kernels` run it.
  ///
  /// Throws what packing kernels throws.
  func differentiable<Kernels: DifferentiableKernels<Scalar>>(
    _ kernels: Kernels, checkpoints: DifferentiableProgram<Kernels>.Checkpoints
  ) throws -> DifferentiableProgram<Kernels> {
    try DifferentiableProgram(
      program, numbers: steps, normalizations: normalizations, kernels: kernels,
      checkpoints: checkpoints, batchNorms: batchNorms == .batch ? .batch : .frozen,
      rounding: rounding)
  }
}
