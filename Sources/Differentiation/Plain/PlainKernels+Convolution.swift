public import Networks
public import Tensors

/// Cross-correlation and its gradients: the same products, each time summed over something else.
extension PlainKernels {
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func convolution(
    _ x: Value, _ kernel: Kernel, residual: Value?, appliesReLU: Bool
  ) -> Value {
    let geometry = kernel.geometry
    var result = Value(
      zeros: [
        x.shape[0], geometry.outputChannels, geometry.outputSize(x.shape[2]),
        geometry.outputSize(x.shape[3]),
      ])
    geometry.forEachRow(of: x.shape) { weight, input, output, count in
      let w = kernel.weight.values[weight]
      let source = x.values.span
      var target = result.values.mutableSpan
      for index in 0..<count {
        target[output + index] += w * source[input + index * geometry.stride]
      }
    }
    if let bias = kernel.bias {
      let plane = result.planeCount
      for index in result.values.indices {
        result.values[index] += bias[index / plane % geometry.outputChannels]
      }
    }
    if let residual { result = sum([residual, result]) }
    return appliesReLU ? relu(result) : result
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func convolutionGradient(
    _ gradient: Value, _ kernel: Kernel, input shape: Shape
  ) -> Value {
    let geometry = kernel.geometry
    var result = Value(zeros: shape)
    geometry.forEachRow(of: shape) { weight, input, output, count in
      let w = kernel.weight.values[weight]
      let source = gradient.values.span
      var target = result.values.mutableSpan
      for index in 0..<count {
        target[input + index * geometry.stride] += w * source[output + index]
      }
    }
    return result
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func convolutionGradients(
    _ gradient: Value, _ x: Value, _ geometry: Convolution, hasBias: Bool
  ) -> StepGradients<Scalar> {
    var result = Value(zeros: geometry.kernelShape)
    geometry.forEachRow(of: x.shape) { weight, input, output, count in
      let (left, right) = (gradient.values.span, x.values.span)
      var sum: Scalar = 0
      for index in 0..<count {
        sum += left[output + index] * right[input + index * geometry.stride]
      }
      result.values[weight] += sum
    }
    return StepGradients(weight: result, bias: hasBias ? channelSums(gradient) : nil)
  }
}

extension Convolution {
  /// Calls `body` for every row of products of the convolution of an input of `shape`: the number
  /// of their weight, those of their first input and output, and how many there are. Inputs are
  /// ``stride`` elements apart, outputs lie beside each other; what is padding is left out.
  @inline(__always)
  fileprivate func forEachRow(
    of shape: Shape, _ body: (_ weight: Int, _ input: Int, _ output: Int, _ count: Int) -> Void
  ) {
    let (height, width) = (shape[2], shape[3])
    let (outputHeight, outputWidth) = (outputSize(height), outputSize(width))
    for image in 0..<shape[0] {
      for output in 0..<outputChannels {
        let plane = (image * outputChannels + output) * outputHeight
        for channel in 0..<inputChannels {
          let source = (image * inputChannels + channel) * height
          for tap in 0..<kernel * kernel {
            let weight = (output * inputChannels + channel) * kernel * kernel + tap
            let (dy, dx) = (tap / kernel - padding, tap % kernel - padding)
            let columns = outputs(reading: width, at: dx)
            guard !columns.isEmpty else { continue }
            for row in outputs(reading: height, at: dy) {
              let line = (source + row * stride + dy) * width
              body(
                weight, line + columns.lowerBound * stride + dx,
                (plane + row) * outputWidth + columns.lowerBound, columns.count)
            }
          }
        }
      }
    }
  }

  /// The outputs `i` along a dimension of `size` inputs for which `i * stride + offset` is one of
  /// these.
  private func outputs(reading size: Int, at offset: Int) -> Range<Int> {
    let first = max(0, (stride - 1 - offset) / stride)
    let last = size - 1 - offset
    let end = last < 0 ? 0 : min(outputSize(size), last / stride + 1)
    return first..<max(first, end)
  }
}
