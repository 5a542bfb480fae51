extension Canvas {
  /// A part of a frame on which there is `layer`: at each pixel its colour at the position that `map`
  /// gives, in pixels of the picture, between four pixels in proportion.
  ///
  /// `distance` is how many pixels of the picture those of the frame are apart.
  init(
    _ region: Region, showing layer: PixelPyramid, distance: Double, color: ColorMatrix,
    map: (SIMD2<Double>) -> SIMD2<Double>
  ) {
    let (pixels, unit) = layer.level(for: distance)
    let grid = PositionGrid(region) { (map($0) - layer.origin) / unit - 0.5 }
    self.init(region)
    switch layer.border {
    case .transparent: draw(pixels, grid, TransparentEdge(), color)
    case .mirror: draw(pixels, grid, MirrorEdge(), color)
    }
  }

  /// Replaces what is there.
  @inline(__always)
  private mutating func draw(
    _ pixels: Pixels, _ grid: PositionGrid, _ edge: some Edge, _ color: ColorMatrix
  ) {
    let spacing = PositionGrid.spacing
    let (width, height) = (region.width, region.height)
    let (lastColumn, lastRow) = (pixels.width - 1, pixels.height - 1)
    let source = pixels.values.span
    var target = values.mutableSpan
    for row in 0..<height {
      let starts = grid.row(row)
      for cell in 0..<starts.count - 1 {
        let step = (starts[cell + 1] - starts[cell]) / Float(spacing)
        var position = starts[cell]
        for column in cell * spacing..<min((cell + 1) * spacing, width) {
          let corner = position.rounded(.down)
          let share = position - corner
          let (x, y) = (Int(corner.x), Int(corner.y))
          let taps: (SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>)
          if x >= 0, y >= 0, x < lastColumn, y < lastRow {
            let first = y * pixels.width + x
            taps = (
              SIMD4(source[first]), SIMD4(source[first + 1]),
              SIMD4(source[first + pixels.width]), SIMD4(source[first + pixels.width + 1])
            )
          } else {
            taps = (
              edge.pixel(x, y, pixels.width, pixels.height, source),
              edge.pixel(x + 1, y, pixels.width, pixels.height, source),
              edge.pixel(x, y + 1, pixels.width, pixels.height, source),
              edge.pixel(x + 1, y + 1, pixels.width, pixels.height, source)
            )
          }
          let above = taps.0 + (taps.1 - taps.0) * share.x
          let below = taps.2 + (taps.3 - taps.2) * share.x
          target[row * width + column] = color(above + (below - above) * share.y)
          position += step
        }
      }
    }
  }
}

/// What a picture has beyond its edge; see ``Border``.
private protocol Edge {
  /// The pixel at `column` and `row` of the `width` x `height` pixels `source`, or what stands for it.
  func pixel(
    _ column: Int, _ row: Int, _ width: Int, _ height: Int, _ source: Span<SIMD4<UInt8>>
  ) -> SIMD4<Float>
}

private struct TransparentEdge: Edge {
  func pixel(
    _ column: Int, _ row: Int, _ width: Int, _ height: Int, _ source: Span<SIMD4<UInt8>>
  ) -> SIMD4<Float> {
    guard column >= 0, row >= 0, column < width, row < height else { return .zero }
    return SIMD4(source[row * width + column])
  }
}

private struct MirrorEdge: Edge {
  func pixel(
    _ column: Int, _ row: Int, _ width: Int, _ height: Int, _ source: Span<SIMD4<UInt8>>
  ) -> SIMD4<Float> {
    SIMD4(source[mirrored(row, height) * width + mirrored(column, width)])
  }

  private func mirrored(_ index: Int, _ count: Int) -> Int {
    let rest = index % (2 * count)
    let position = rest < 0 ? rest + 2 * count : rest
    return position < count ? position : 2 * count - 1 - position
  }
}
