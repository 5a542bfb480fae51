public import Differentiation
import Networks
import Tensors

extension TrainedModel {
  /// What ``programs`` compute with: the parameters as they are now, frozen batch norms folded in.
  ///
  /// In binary32 these are bit for bit the numbers that the written model is run with.
  public func numbers<Scalar: Real>() -> [ProgramNumbers<Scalar>] {
    programs.map { program in
      ProgramNumbers(
        program: program, batchNorms: batchNorms,
        steps: Dictionary(
          uniqueKeysWithValues: program.steps.compactMap { step in
            numbers(of: step).map { (step.name, $0) }
          }),
        normalizations: Dictionary(
          uniqueKeysWithValues: program.steps.compactMap { step in
            guard case .normalize(let module, let channels) = step.operation else { return nil }
            return (step.name, normalization(module, channels))
          }))
    }
  }

  private func numbers<Scalar: Real>(of step: Step) -> StepNumbers<Scalar>? {
    switch step.operation {
    case .convolution:
      let kernel = kernel(of: step)
      let bias = bias(of: step)
      guard let affine = affine(of: step) else {
        return StepNumbers(
          weight: Numbers(kernel), bias: bias?.map { Scalar($0) },
          normalization: normalization(of: step))
      }
      let shifts = step.batchNorm?.providesShift == true
      return StepNumbers(
        weight: scaled(Numbers(kernel), by: affine.scale),
        bias: bias == nil && !shifts
          ? nil
          : affine.scale.indices.map { channel in
            Scalar(
              Double(bias?[channel] ?? 0) * affine.scale[channel]
                + (shifts ? affine.shift[channel] : 0))
          }, normalization: normalization(of: step))
    case .batchNormalization:
      return StepNumbers(
        weight: Numbers(value("\(step.layer).weight")),
        bias: value("\(step.layer).bias").values.map { Scalar($0) })
    case .normalize, .relu, .maxPool, .add, .upsample, .concatenate, .memoryRead:
      return nil
    }
  }

  /// The kernel of `step` before folding, those of its parts behind one another along the input
  /// channels: `[out, in, kh, kw]`.
  func kernel(of step: Step) -> FloatTensor {
    let kernels = step.layers.map { value("\($0).weight") }
    return kernels.count == 1 ? kernels[0] : FloatTensor(concatenating: kernels, axis: 1)
  }

  /// The bias of `step` before folding, its own or that of a batch norm that the file has folded.
  func bias(of step: Step) -> [Float]? { values["\(step.layer).bias"]?.values }

  /// The frozen batch norm that is folded into `step` here; nil: there is none, or the file has it
  /// folded.
  func affine(of step: Step) -> BatchNormFolding? {
    guard let norm = step.batchNorm, !foldedBatchNorms.contains(norm.layer) else { return nil }
    return BatchNormFolding(
      weight: value("\(norm.layer).weight").values, bias: value("\(norm.layer).bias").values,
      mean: statistic("\(norm.layer).running_mean").values,
      variance: statistic("\(norm.layer).running_var").values,
      epsilon: norm.normalization.epsilon)
  }

  private func normalization(_ module: String, _ channels: Int) -> ImageNormalization {
    ImageNormalization(
      mean: statistic("\(module).mean").values, deviation: statistic("\(module).std").values)
  }

  /// What `step` does to images as it reads them.
  private func normalization(of step: Step) -> ImageNormalization? {
    guard step.readsImages else { return nil }
    let parts = step.parts.map { part in
      part.normalization.map { normalization($0.module, $0.channels) }
        ?? ImageNormalization(
          mean: [Float](repeating: 0, count: part.convolution.inputChannels),
          deviation: [Float](repeating: 1, count: part.convolution.inputChannels))
    }
    return ImageNormalization(
      mean: parts.flatMap(\.mean), deviation: parts.flatMap(\.deviation))
  }
}

/// `weight` `[out, ...]` with each output channel multiplied by its number of `scale`, rounded once.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func scaled<Scalar: Real>(_ weight: Numbers<Scalar>, by scale: [Double]) -> Numbers<Scalar> {
  let perChannel = weight.values.count / scale.count
  var result = weight
  var target = result.values.mutableSpan
  for channel in scale.indices {
    let factor = scale[channel]
    for index in channel * perChannel..<(channel + 1) * perChannel {
      target[index] = Scalar(Double(target[index]) * factor)
    }
  }
  return result
}
