extension Pixels {
  /// The picture without holes: what is not opaque gets colours from around it.
  ///
  /// The picture is halved until one pixel is left, each the mean of what is opaque under it; then, from
  /// the smallest on, pixels that lack opacity get the rest of it from the size below, smoothly
  /// (Gortler et al., *The Lumigraph*, SIGGRAPH 1996, section 3.4). A picture without any colour
  /// becomes gray.
  var filled: Pixels {
    var sizes = [Filling(self)]
    while let last = sizes.last, last.width > 1 || last.height > 1 { sizes.append(last.halved) }
    sizes[sizes.count - 1].complete()
    for index in sizes.indices.dropLast().reversed() {
      sizes[index].complete(from: sizes[index + 1])
    }
    return Pixels(
      width: width, height: height,
      values: sizes[0].values.map { value in
        SIMD4<UInt8>(clamping: SIMD4<Int32>((value + 0.5).rounded(.down)))
      })
  }
}

/// A size of a picture that is being filled: colours from 0 to 255, multiplied by their opacity.
private struct Filling {
  let width: Int, height: Int
  var values: [SIMD4<Float>]

  init(_ pixels: Pixels) {
    (width, height) = (pixels.width, pixels.height)
    values = pixels.values.map { SIMD4<Float>($0) }
  }

  private init(width: Int, height: Int, values: [SIMD4<Float>]) {
    (self.width, self.height, self.values) = (width, height, values)
  }

  /// Half the size: the mean of what there is, as opaque as four times that lets it be.
  var halved: Filling {
    let (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2)
    var result: [SIMD4<Float>] = []
    result.reserveCapacity(halfWidth * halfHeight)
    for row in 0..<halfHeight {
      for column in 0..<halfWidth {
        var sum = SIMD4<Float>.zero
        for y in 2 * row..<min(2 * row + 2, height) {
          for x in 2 * column..<min(2 * column + 2, width) { sum += values[y * width + x] }
        }
        result.append(sum.w > 255 ? sum * (255 / sum.w) : sum)
      }
    }
    return Filling(width: halfWidth, height: halfHeight, values: result)
  }

  /// Makes the pixels of the smallest size opaque by themselves.
  mutating func complete() {
    for index in values.indices {
      let value = values[index]
      values[index] = value.w > 0 ? value * (255 / value.w) : SIMD4(128, 128, 128, 255)
    }
  }

  /// Makes all pixels opaque with colours of `smaller`, half the size, in proportion between its pixels.
  mutating func complete(from smaller: Filling) {
    for row in 0..<height {
      for column in 0..<width {
        let value = values[row * width + column]
        guard value.w < 255 else { continue }
        let rest = 1 - value.w / 255
        values[row * width + column] = value + smaller.between(column, row) * rest
      }
    }
  }

  /// The colour under the pixel at `column` and `row` of the size above.
  private func between(_ column: Int, _ row: Int) -> SIMD4<Float> {
    func taps(_ index: Int, _ count: Int) -> (Int, Int, Float) {
      let near = index / 2
      let far = index.isMultiple(of: 2) ? max(near - 1, 0) : min(near + 1, count - 1)
      return (near, far, 0.25)
    }
    let (left, right, across) = taps(column, width)
    let (top, bottom, down) = taps(row, height)
    let above = values[top * width + left] * (1 - across) + values[top * width + right] * across
    let below =
      values[bottom * width + left] * (1 - across) + values[bottom * width + right] * across
    return above * (1 - down) + below * down
  }
}
