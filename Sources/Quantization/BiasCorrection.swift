public import Networks
public import Tensors

/// Where biases learn what the rounding of kernels adds to the mean of each output channel, so that
/// they can take it up.
///
/// A kernel's rounding error adds `Σ (ŵ - w) · x` to a result. What a convolution reads is mostly not
/// negative, so the mean of that is seldom 0, and errors of means add up from layer to layer. After
/// Nagel et al., *Data-Free Quantization Through Weight Equalization and Bias Correction* (ICCV
/// 2019), section 4.2.
public enum BiasCorrection: String, Sendable, Hashable, CaseIterable {
  /// From the batch norms before a convolution, without clips: what they normalize to is taken for
  /// Gaussian. Layers that read anything else keep their biases.
  case analytic
  /// From the means that calibration saw: by input channel, or by tap where there are patches, which
  /// know of padding.
  case empirical

  /// What has to be added to a bias, for each output channel, once its kernel `weight`
  /// `[out, in, kh, kw]` is `quantized` and each weight of an output channel reads numbers of these
  /// `means`, `[in, kh, kw]`.
  static func shift(
    _ weight: FloatTensor, _ quantized: QuantizedWeight, means: [Float]
  ) -> [Float] {
    quantized.scales.enumerated().map { output, scale in
      var shift = 0.0
      for (index, mean) in means.enumerated() {
        let place = output * means.count + index
        let error =
          Double(weight.values[place]) - Double(quantized.integers[place]) * Double(scale)
        shift += error * Double(mean)
      }
      return Float(shift)
    }
  }
}

extension Program {
  /// The layers in 8-bit integers by `plan` that ``BiasCorrection/analytic`` leaves alone, since no
  /// batch norm says what they read; `weights` holds a binary32 model with its batch norms.
  ///
  /// Throws what reading a parameter throws.
  public func layersWithoutBatchNorms(
    in plan: PrecisionPlan, _ weights: TensorArchive
  ) throws -> [String] {
    let moments = try BatchNormMoments(of: self, weights)
    return steps.filter { step in
      step.convolution != nil && plan[step].hasIntegerWeights && step.hasBias
        && moments.means(of: step.inputs[0]) == nil
    }.map(\.layer)
  }
}
