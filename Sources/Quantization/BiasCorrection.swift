import Tensors

/// Makes biases take up what the rounding of kernels adds to the mean of each output channel.
///
/// A kernel's rounding error adds `Σ (ŵ - w) · x` to a result. What a convolution reads is mostly not
/// negative, so the mean of that is seldom 0, and errors of means add up from layer to layer. The
/// means of `x`, one for each input channel, are those of calibration. After Nagel et al., *Data-Free
/// Quantization Through Weight Equalization and Bias Correction* (ICCV 2019), section 4.2.
enum BiasCorrection {
  /// What has to be added to a bias, for each output channel, once its kernel `weight`
  /// `[out, in, kh, kw]` is `quantized` and reads channels of these `means`.
  static func shift(
    _ weight: FloatTensor, _ quantized: QuantizedWeight, means: [Float]
  ) -> [Float] {
    let taps = weight.shape[2] * weight.shape[3]
    return quantized.scales.enumerated().map { output, scale in
      var shift = 0.0
      for (input, mean) in means.enumerated() {
        let start = (output * means.count + input) * taps
        var error = 0.0
        for index in start..<start + taps {
          error += Double(weight.values[index]) - Double(quantized.integers[index]) * Double(scale)
        }
        shift += error * Double(mean)
      }
      return Float(shift)
    }
  }
}
