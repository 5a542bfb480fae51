public import Differentiation
public import Networks
import Quantization
import Tensors

extension TrainedQuantization {
  /// `numbers`, those of the steps of `program` in binary32 with batch norms folded in, as the plan
  /// has them in a model file: kernels are the real numbers that their integers or 16 bits stand
  /// for.
  ///
  /// An integer kernel of images has the deviations in it. Images lose the nearest number to the
  /// mean that 8 bits hold, `m̂`, where padding is 0 then, and the bias gains `Σ ŵ · (m̂ - mean)`
  /// over the window, as `IntegerConvolution` has it. Throws `QuantizationError.overflow` for a
  /// weight beyond binary16, or ``TrainingError/scale(of:found:)``.
  public func quantized(
    _ numbers: [String: StepNumbers<Float>], of program: Program
  ) throws -> [String: StepNumbers<Float>] {
    let quantizations = try quantizations(in: program)
    var result = numbers
    for step in program.steps where step.convolution != nil {
      guard let numbers = numbers[step.name] else { continue }
      let weight = numbers.weight.floats
      switch plan[step] {
      case .float32: continue
      case .float16, .bfloat16:
        result[step.name]?.weight = Numbers(try rounded(weight, of: step))
      case .w8:
        result[step.name]?.weight = Numbers(dequantized(weight, partsOf: step))
      case .int8:
        guard let normalization = numbers.normalization, let input = quantizations[step.inputs[0]]
        else {
          result[step.name]?.weight = Numbers(dequantized(weight))
          continue
        }
        let kernel = dequantized(normalization.folded(weight: weight))
        let means = normalization.roundedMeans(input)
        result[step.name] = StepNumbers(
          weight: Numbers(kernel),
          bias: kernel.channelSums(times: normalization.excess(means)).enumerated().map {
            Float(Double(numbers.bias?[$0] ?? 0) + $1)
          },
          normalization: ImageNormalization(
            mean: means, deviation: means.map { _ in 1 }))
      }
    }
    return result
  }

  /// The gradients by `numbers`, given those by ``quantized(_:of:)`` of them: straight through
  /// rounding, and by the chain rule through what an integer kernel of images has in it.
  ///
  /// Throws ``TrainingError/scale(of:found:)``.
  public func gradients(
    from steps: [String: StepGradients<Float>], by numbers: [String: StepNumbers<Float>],
    of program: Program
  ) throws -> [String: StepGradients<Float>] {
    let quantizations = try quantizations(in: program)
    var result = steps
    for step in program.steps where step.readsImages && plan[step] == .int8 {
      guard let normalization = numbers[step.name]?.normalization,
        let input = quantizations[step.inputs[0]], var gradients = steps[step.name]
      else { continue }
      let excess = normalization.excess(normalization.roundedMeans(input))
      let taps = gradients.weight.shape[2] * gradients.weight.shape[3]
      for index in gradients.weight.values.indices {
        let (output, channel) = (index / taps).quotientAndRemainder(dividingBy: excess.count)
        let byBias = Double(gradients.bias?[output] ?? 0)
        gradients.weight.values[index] =
          (gradients.weight.values[index] + Float(byBias * excess[channel]))
          / normalization.deviation[channel]
      }
      if numbers[step.name]?.bias == nil { gradients.bias = nil }
      result[step.name] = gradients
    }
    return result
  }

  /// The kernel `weight` of `step`, every number rounded to the 16 bits that the plan has it in.
  private func rounded(_ weight: FloatTensor, of step: Step) throws -> FloatTensor {
    let storage: Storage = plan[step] == .float16 ? .float16 : .bfloat16
    var result = weight
    for (index, value) in weight.values.enumerated() {
      result.values[index] = storage.rounded(value)
      guard result.values[index].isFinite || !value.isFinite else {
        throw QuantizationError.overflow(
          tensor: "\(step.layer).weight", source: "memory", precision: plan[step], value: value)
      }
    }
    return result
  }

  /// What `weight` `[out, in, kh, kw]` stands for in 8 bits.
  private func dequantized(_ weight: FloatTensor) -> FloatTensor {
    let quantized = QuantizedWeight(weight, magnitude: magnitude)
    return QuantizedWeight.dequantized(
      quantized.integers, scales: quantized.scales, shape: weight.shape)
  }

  /// What the kernels of the layers of `step` stand for in 8 bits, behind one another along the
  /// input channels as in `weight`: each has scales of its own.
  private func dequantized(_ weight: FloatTensor, partsOf step: Step) -> FloatTensor {
    guard !step.parts.isEmpty else { return dequantized(weight) }
    var first = 0
    return FloatTensor(
      concatenating: step.parts.map { part in
        let channels = first..<first + part.convolution.inputChannels
        first = channels.upperBound
        return dequantized(weight.sliced(channels, axis: 1))
      }, axis: 1)
  }
}

extension ImageNormalization {
  /// The numbers nearest to the means that `input` holds.
  fileprivate func roundedMeans(_ input: AffineQuantization) -> [Float] {
    mean.map { input.dequantize(input.quantize($0)) }
  }

  /// How much `means` are above the means.
  fileprivate func excess(_ means: [Float]) -> [Double] {
    zip(means, mean).map { Double($0) - Double($1) }
  }
}

extension FloatTensor {
  /// For each output channel of a kernel `[out, in, kh, kw]` the sum of its numbers, each times the
  /// factor of its input channel.
  fileprivate func channelSums(times factors: [Double]) -> [Double] {
    let taps = shape[2] * shape[3]
    var sums = [Double](repeating: 0, count: shape[0])
    for index in values.indices {
      let (output, channel) = (index / taps).quotientAndRemainder(dividingBy: factors.count)
      sums[output] += Double(values[index]) * factors[channel]
    }
    return sums
  }
}
