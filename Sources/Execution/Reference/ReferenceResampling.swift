import Networks
import Tensors

/// The largest element under each window of `x` `[N, C, H, W]`; padding never wins.
func maxPool(_ x: FloatTensor, _ pool: MaxPool, shape: Shape) -> FloatTensor {
  let (height, width) = (x.shape[2], x.shape[3])
  var result = FloatTensor(zeros: shape)
  for index in result.values.indices {
    let (plane, position) = index.quotientAndRemainder(dividingBy: shape[2] * shape[3])
    let top = position / shape[3] * pool.stride - pool.padding
    let left = position % shape[3] * pool.stride - pool.padding
    var largest = -Float.infinity
    for y in max(top, 0)..<min(top + pool.kernel, height) {
      for column in max(left, 0)..<min(left + pool.kernel, width) {
        largest = max(largest, x.values[(plane * height + y) * width + column])
      }
    }
    result.values[index] = largest
  }
  return result
}

/// Bilinear, half-pixel centres: output `i` looks at input `(i + 0.5) / factor - 0.5`, clamped.
func upsample(_ x: FloatTensor, by factor: Int) -> FloatTensor {
  let (height, width) = (x.shape[2], x.shape[3])
  let rows = SamplePoint.upsampled(height, by: factor)
  let columns = SamplePoint.upsampled(width, by: factor)
  let planes = x.shape[0] * x.shape[1]
  var values: [Float] = []
  values.reserveCapacity(x.values.count * factor * factor)
  for plane in 0..<planes {
    let start = plane * height * width
    for row in rows {
      for column in columns {
        let top = column.between(
          x.values[start + row.low * width + column.low],
          x.values[start + row.low * width + column.high])
        let bottom = column.between(
          x.values[start + row.high * width + column.low],
          x.values[start + row.high * width + column.high])
        values.append(row.between(top, bottom))
      }
    }
  }
  return FloatTensor(
    shape: [x.shape[0], x.shape[1], factor * height, factor * width], values: values)
}
