public import Images
public import Tensors

extension FloatTensor {
  /// The planes `[N, C, H, W]` in another size: linear between pixel centres, those at the border
  /// continued.
  public func scaled(to size: ImageSize) -> FloatTensor {
    let (height, width) = (shape[2], shape[3])
    guard size.width != width || size.height != height else { return self }
    let (rows, columns) = (
      Self.samples(from: height, to: size.height), Self.samples(from: width, to: size.width)
    )
    var result = FloatTensor(zeros: [shape[0], shape[1], size.height, size.width])
    let source = values.span
    var target = result.values.mutableSpan
    var between = [Float](repeating: 0, count: width)
    for plane in 0..<shape[0] * shape[1] {
      for (y, row) in rows.enumerated() {
        let (first, second) = (
          (plane * height + row.first) * width, (plane * height + row.second) * width
        )
        for x in 0..<width {
          between[x] = source[first + x] + row.weight * (source[second + x] - source[first + x])
        }
        let start = (plane * size.height + y) * size.width
        for (x, column) in columns.enumerated() {
          let left = between[column.first]
          target[start + x] = left + column.weight * (between[column.second] - left)
        }
      }
    }
    return result
  }

  /// The two source pixels around the centre of each target pixel, and what the second weighs.
  private static func samples(
    from source: Int, to target: Int
  ) -> [(first: Int, second: Int, weight: Float)] {
    let scale = Float(source) / Float(target)
    return (0..<target).map { index in
      let place = min(max((Float(index) + 0.5) * scale - 0.5, 0), Float(source - 1))
      let first = Int(place)
      return (first, min(first + 1, source - 1), place - Float(first))
    }
  }
}
