import Foundation
import Networks
import Tensors

/// What the batch norms of a program say of the values after them: the mean and the variance of each
/// channel.
///
/// What a batch norm makes has its `bias` for mean and its `weight` for standard deviation, wherever
/// its statistics hold. It is taken for Gaussian, and so are sums of such values, whose terms count as
/// independent; a ReLU leaves what is known of a clipped Gaussian (Nagel et al., *Data-Free
/// Quantization Through Weight Equalization and Bias Correction*, ICCV 2019, appendix C). Nothing is
/// known of what other layers make.
struct BatchNormMoments {
  /// The moments of one channel.
  private struct Moments {
    var mean: Double
    var variance: Double

    static func + (left: Moments, right: Moments) -> Moments {
      Moments(mean: left.mean + right.mean, variance: left.variance + right.variance)
    }

    /// Those of `max(x, 0)`.
    var rectified: Moments {
      let deviation = variance.squareRoot()
      guard deviation > 0 else { return Moments(mean: max(mean, 0), variance: 0) }
      let ratio = mean / deviation
      let density = exp(-ratio * ratio / 2) / (2 * Double.pi).squareRoot()
      let share = erfc(-ratio / 2.0.squareRoot()) / 2
      let first = mean * share + deviation * density
      let second = (mean * mean + variance) * share + mean * deviation * density
      return Moments(mean: first, variance: max(second - first * first, 0))
    }
  }

  private let moments: [String: [Moments]]

  /// What is known of the values of `program`, whose batch norms are in `weights`; where one is folded
  /// already, nothing is known of what it makes. Throws what reading a tensor throws.
  init(of program: Program, _ weights: TensorArchive) throws {
    var moments: [String: [Moments]] = [:]
    for step in program.steps {
      let known: [Moments]? =
        switch step.operation {
        case .convolution:
          try Self.made(by: step.batchNorm, weights).flatMap { made in
            guard step.addsResidual else { return made }
            return moments[step.inputs[1]].map { zip(made, $0).map(+) }
          }
        case .relu: moments[step.inputs[0]]
        case .add:
          moments[step.inputs[0]].flatMap { left in
            moments[step.inputs[1]].map { zip(left, $0).map(+) }
          }
        default: nil
        }
      let isRectified = step.appliesReLU || step.operation == .relu
      moments[step.name] = isRectified ? known?.map(\.rectified) : known
    }
    self.moments = moments
  }

  /// The mean of each channel of `value`; nil: nothing is known.
  func means(of value: String) -> [Float]? { moments[value]?.map { Float($0.mean) } }

  private static func made(
    by norm: FoldedBatchNorm?, _ weights: TensorArchive
  ) throws -> [Moments]? {
    guard let norm, norm.providesShift, let deviation = weights["\(norm.layer).weight"],
      let mean = weights["\(norm.layer).bias"]
    else { return nil }
    return zip(try mean.floats().values, try deviation.floats().values).map {
      Moments(mean: Double($0), variance: Double($1) * Double($1))
    }
  }
}
