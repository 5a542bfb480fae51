import Tensors

/// What looks at one element at a time, and what lays images beside each other.
extension PlainKernels {
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func relu(_ x: Value) -> Value {
    Value(shape: x.shape, values: x.values.map { $0 < 0 ? 0 : $0 })
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func reluGradient(_ gradient: Value, result: Value) -> Value {
    var input = gradient
    for index in input.values.indices where !(result.values[index] > 0) { input.values[index] = 0 }
    return input
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func sum(_ terms: [Value]) -> Value {
    let images = terms.map { $0.shape[0] }.max() ?? 1
    var result = Value(zeros: Shape([images] + terms[0].shape.dimensions.dropFirst()))
    for index in result.values.indices {
      var sum = terms[0].values[index % terms[0].values.count]
      for term in terms.dropFirst() { sum += term.values[index % term.values.count] }
      result.values[index] = sum
    }
    return result
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func summedOverImages(_ value: Value) -> Value {
    let count = value.values.count / value.shape[0]
    var result = Value(zeros: Shape([1] + value.shape.dimensions.dropFirst()))
    for index in value.values.indices { result.values[index % count] += value.values[index] }
    return result
  }

  public func concatenate(_ parts: [Value]) -> Value {
    let images = parts.map { $0.shape[0] }.max() ?? 1
    let channels = parts.map { $0.shape[1] }.reduce(0, +)
    let values = (0..<images).flatMap { image in
      parts.flatMap { part in
        let start = part.start(ofImage: image)
        return part.values[start..<start + part.shape[1] * part.planeCount]
      }
    }
    return Value(shape: [images, channels, parts[0].shape[2], parts[0].shape[3]], values: values)
  }

  public func channels(_ range: Range<Int>, of value: Value) -> Value {
    let plane = value.planeCount
    let values = (0..<value.shape[0]).flatMap { image in
      let start = image * value.shape[1] * plane
      return value.values[start + range.lowerBound * plane..<start + range.upperBound * plane]
    }
    return Value(
      shape: [value.shape[0], range.count, value.shape[2], value.shape[3]], values: values)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func quantized(_ x: Value, _ quantization: FakeQuantization<Scalar>) -> Value {
    Value(shape: x.shape, values: x.values.map(quantization.rounded))
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func quantizationGradient(
    _ gradient: Value, _ x: Value, _ quantization: FakeQuantization<Scalar>
  ) -> (input: Value, scale: Scalar) {
    var (input, scale) = (gradient, Scalar.zero)
    for index in input.values.indices {
      let derivatives = quantization.derivatives(at: x.values[index])
      input.values[index] *= derivatives.input
      scale += gradient.values[index] * derivatives.scale
    }
    return (input, scale)
  }
}
