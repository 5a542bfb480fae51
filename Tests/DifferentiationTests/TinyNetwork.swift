import Differentiation
import Networks
import STMModel
import Tensors
import TestSupport

/// A tiny network with random weights.
struct TinyNetwork {
  let network = STMNetwork(.tiny)
  let weights: TensorArchive

  init() throws { weights = try TensorArchive.random(network.parameters, seed: 5) }

  /// The numbers of the steps of `program`: those of batch norms by themselves are a scale and a
  /// shift, with the running statistics in them if they are `frozen`.
  func numbers<Scalar>(
    of program: Program, frozen: Bool = true
  ) throws -> [String: StepNumbers<Scalar>] {
    var numbers: [String: StepNumbers<Scalar>] = [:]
    for step in program.steps {
      if case .batchNormalization = step.operation, !frozen {
        let shift = Numbers<Scalar>(try weights.floats("\(step.layer).bias"))
        numbers[step.name] = StepNumbers(
          weight: Numbers(try weights.floats("\(step.layer).weight")), bias: shift.values)
      } else {
        numbers[step.name] = StepNumbers(try StepParameters(of: step, in: weights))
      }
    }
    return numbers
  }

  /// The normalizations of images that are steps of their own.
  func normalizations(of program: Program) throws -> [String: ImageNormalization] {
    var normalizations: [String: ImageNormalization] = [:]
    for step in program.steps {
      guard case .normalization(let mean, let deviation) = try StepParameters(of: step, in: weights)
      else { continue }
      normalizations[step.name] = ImageNormalization(mean: mean, deviation: deviation)
    }
    return normalizations
  }
}
