import Networks
import Quantization
import Tensors

/// Cross-correlation of `x` `[N, C, H, W]` with `weight` `[O, C, k, k]`, accumulated in binary64.
func convolve(
  _ x: FloatTensor, _ geometry: Convolution, weight: FloatTensor, bias: [Float]?, threads: Int
) -> FloatTensor {
  let sums = accumulate(x.values, x.shape, geometry, weight.values, threads: threads) {
    Double($0) * Double($1)
  }
  let plane = sums.shape[2] * sums.shape[3]
  var result = FloatTensor(zeros: sums.shape)
  for index in sums.values.indices {
    let channel = index / plane % geometry.outputChannels
    result.values[index] = Float(sums.values[index] + Double(bias?[channel] ?? 0))
  }
  return result
}

/// Cross-correlation on 8-bit integers: the formula of ``IntegerConvolution``, word for word.
///
/// Inputs and result are the real numbers that the integers stand for.
func convolve(
  _ x: FloatTensor, _ geometry: Convolution, _ convolution: IntegerConvolution,
  residual: FloatTensor?, appliesReLU: Bool, shape: Shape, threads: Int
) -> FloatTensor {
  let input = convolution.input
  let offsets = x.values.map { Int32(input.quantize($0) - input.zeroPoint) }
  let sums = accumulate(
    offsets, x.shape, geometry, convolution.weight,
    padding: convolution.padding.map { $0 - input.zeroPoint }, threads: threads
  ) { $0 &* Int32($1) }
  let plane = shape[2] * shape[3]
  var result = FloatTensor(zeros: shape)
  for index in result.values.indices {
    let channel = index / plane % geometry.outputChannels
    let accumulator = Float(sums.values[index % sums.values.count])
    let bias = convolution.bias.isEmpty ? 0 : convolution.bias[channel]
    var y = (accumulator + bias) * convolution.scale[channel]
    if let residual {
      let term = residual.values[index % residual.values.count]
      if let held = convolution.residual {
        y.addProduct(convolution.residualScale, Float(held.quantize(term) - held.zeroPoint))
      } else {
        y += term
      }
    }
    if appliesReLU { y = max(y, 0) }
    guard let output = convolution.output else {
      result.values[index] = y
      continue
    }
    let rounded = (y + Float(output.zeroPoint)).rounded(.toNearestOrEven)
    result.values[index] = output.dequantize(output.clamp(rounded))
  }
  return result
}

/// The sums of a convolution, `[N, O, H', W']`, without bias; outside `x` are the elements of
/// `padding`, by channel, or nothing where that is empty.
private func accumulate<
  Element: Sendable, Weight: Sendable,
  Sum: AdditiveArithmetic & BitwiseCopyable & ExpressibleByIntegerLiteral & SendableMetatype
>(
  _ x: [Element], _ shape: Shape, _ geometry: Convolution, _ weight: [Weight],
  padding outside: [Element] = [], threads: Int,
  _ product: @Sendable (Element, Weight) -> Sum
) -> (shape: Shape, values: [Sum]) {
  let (channels, height, width) = (shape[1], shape[2], shape[3])
  let (kernel, step, padding) = (geometry.kernel, geometry.stride, geometry.padding)
  let (outputHeight, outputWidth) = (geometry.outputSize(height), geometry.outputSize(width))
  let outputs = geometry.outputChannels
  let sums: [Sum] = fill(
    planes: shape[0] * outputs, of: outputHeight * outputWidth, threads: threads
  ) { plane, sum in
    let (image, output) = (plane / outputs, plane % outputs)
    for channel in 0..<channels {
      for tap in 0..<kernel * kernel {
        let w = weight[(output * channels + channel) * kernel * kernel + tap]
        let (dy, dx) = (tap / kernel - padding, tap % kernel - padding)
        for row in 0..<outputHeight {
          let y = row * step + dy
          guard y >= 0 && y < height else {
            if !outside.isEmpty {
              let term = product(outside[channel], w)
              for column in 0..<outputWidth { sum[row * outputWidth + column] += term }
            }
            continue
          }
          let line = ((image * channels + channel) * height + y) * width
          for column in 0..<outputWidth {
            let position = column * step + dx
            guard position >= 0 && position < width else {
              if !outside.isEmpty {
                sum[row * outputWidth + column] += product(outside[channel], w)
              }
              continue
            }
            sum[row * outputWidth + column] += product(x[line + position], w)
          }
        }
      }
    }
  }
  return ([shape[0], outputs, outputHeight, outputWidth], sums)
}
