import Execution
public import Networks
import Tensors

/// Max pooling and bilinear upsampling.
extension PlainKernels {
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func maxPool(_ x: Value, _ pool: MaxPool) -> Value {
    let shape = pool.outputShape(x.shape)
    var result = Value(
      shape: shape, values: .init(repeating: -.infinity, count: shape.elementCount))
    for index in result.values.indices {
      guard let largest = largest(of: x, under: index, pool, shape) else { continue }
      result.values[index] = x.values[largest]
    }
    return result
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func maxPoolGradient(_ gradient: Value, _ x: Value, _ pool: MaxPool) -> Value {
    var result = Value(zeros: x.shape)
    for index in gradient.values.indices {
      guard let largest = largest(of: x, under: index, pool, gradient.shape) else { continue }
      result.values[largest] += gradient.values[index]
    }
    return result
  }

  /// The number of the first largest element of `x` under the window that makes element `output` of
  /// a result of `shape`; nil: nothing under it is larger than negative infinity.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  private func largest(
    of x: Value, under output: Int, _ pool: MaxPool, _ shape: Shape
  ) -> Int? {
    let (height, width) = (x.shape[2], x.shape[3])
    let (plane, position) = output.quotientAndRemainder(dividingBy: shape[2] * shape[3])
    let top = position / shape[3] * pool.stride - pool.padding
    let left = position % shape[3] * pool.stride - pool.padding
    var (largest, found): (Scalar, Int?) = (-.infinity, nil)
    for row in max(top, 0)..<min(top + pool.kernel, height) {
      for column in max(left, 0)..<min(left + pool.kernel, width) {
        let index = (plane * height + row) * width + column
        if x.values[index] > largest { (largest, found) = (x.values[index], index) }
      }
    }
    return found
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func upsample(_ x: Value, by factor: Int, residual: Value?) -> Value {
    let (height, width) = (x.shape[2], x.shape[3])
    let rows = SamplePoint.upsampled(height, by: factor)
    let columns = SamplePoint.upsampled(width, by: factor)
    var values: [Scalar] = []
    values.reserveCapacity(x.values.count * factor * factor)
    for plane in 0..<x.shape[0] * x.shape[1] {
      for row in rows {
        let top = (plane * height + row.low) * width
        let bottom = (plane * height + row.high) * width
        for column in columns {
          values.append(
            row.between(
              column.between(x.values[top + column.low], x.values[top + column.high]),
              column.between(x.values[bottom + column.low], x.values[bottom + column.high])))
        }
      }
    }
    let result = Value(
      shape: [x.shape[0], x.shape[1], factor * height, factor * width], values: values)
    return residual.map { sum([$0, result]) } ?? result
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Double)
  public func upsampleGradient(_ gradient: Value, by factor: Int) -> Value {
    let (height, width) = (gradient.shape[2] / factor, gradient.shape[3] / factor)
    let rows = SamplePoint.upsampled(height, by: factor)
    let columns = SamplePoint.upsampled(width, by: factor)
    var result = Value(zeros: [gradient.shape[0], gradient.shape[1], height, width])
    var index = 0
    for plane in 0..<gradient.shape[0] * gradient.shape[1] {
      for row in rows {
        let (top, bottom) = row.shares(of: 1 as Scalar)
        for column in columns {
          for (line, share) in [(row.low, top), (row.high, bottom)] {
            let start = (plane * height + line) * width
            let (left, right) = column.shares(of: share * gradient.values[index])
            result.values[start + column.low] += left
            result.values[start + column.high] += right
          }
          index += 1
        }
      }
    }
    return result
  }
}

extension MaxPool {
  /// The shape of the result for an input of `shape`.
  fileprivate func outputShape(_ shape: Shape) -> Shape {
    [shape[0], shape[1], outputSize(shape[2]), outputSize(shape[3])]
  }
}

extension SamplePoint {
  /// What lies between `a` at the first input and `b` at the second.
  fileprivate func between<Scalar: Real>(_ a: Scalar, _ b: Scalar) -> Scalar {
    (1 - Scalar(fraction)) * a + Scalar(fraction) * b
  }

  /// What of the gradient by the output belongs to the first input, and to the second.
  fileprivate func shares<Scalar: Real>(of gradient: Scalar) -> (Scalar, Scalar) {
    ((1 - Scalar(fraction)) * gradient, Scalar(fraction) * gradient)
  }
}
