import Tensors

/// Makes biases take up what the rounding of kernels adds to the mean of each output channel.
///
/// A kernel's rounding error adds `Σ (ŵ - w) · x` to a result. What a convolution reads is mostly not
/// negative, so the mean of that is seldom 0, and errors of means add up from layer to layer. The
/// means of `x` are those of calibration: by input channel, or by tap where there are patches, which
/// know of padding. After Nagel et al., *Data-Free Quantization Through Weight Equalization and Bias
/// Correction* (ICCV 2019), section 4.2.
enum BiasCorrection {
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
