/// Scaling as Pillow does it, bit for bit.
extension RGBImage {
  /// The picture in another size: each pixel the weighted mean of those under a triangle that is
  /// two pixels wide, of the source when enlarging and of the target when shrinking.
  ///
  /// Pillow's `Image.resize(size, BILINEAR)`: columns first, rounded to 8 bits, then rows; weights
  /// of 22 fractional bits. Both sides must be at least 1.
  public func resized(to target: ImageSize) -> RGBImage {
    precondition(target.width >= 1 && target.height >= 1, "impossible size \(target)")
    var rows = bytes
    if target.width != width {
      let taps = TriangleTaps(from: width, to: target.width)
      rows = taps.applied(to: rows, outer: height, inner: 3)
    }
    if target.height != height {
      let taps = TriangleTaps(from: height, to: target.height)
      rows = taps.applied(to: rows, outer: 1, inner: 3 * target.width)
    }
    return RGBImage(size: target, bytes: rows)
  }
}

extension MaskImage {
  /// The mask in another size: each pixel that of the source under its centre.
  ///
  /// Pillow's `Image.resize(size, NEAREST)`. Both sides must be at least 1.
  public func resized(to target: ImageSize) -> MaskImage {
    precondition(target.width >= 1 && target.height >= 1, "impossible size \(target)")
    let columns = Self.nearest(from: width, to: target.width)
    let rows = Self.nearest(from: height, to: target.height)
    var result: [UInt8] = []
    result.reserveCapacity(target.pixelCount)
    for row in rows {
      for column in columns { result.append(values[row * width + column]) }
    }
    return MaskImage(size: target, values: result, palette: palette)
  }

  /// The source index under the centre of each of `target` pixels, summed up as Pillow does.
  private static func nearest(from source: Int, to target: Int) -> [Int] {
    let step = Double(source) / Double(target)
    var position = 0.5 * step
    return (0..<target).map { _ in
      defer { position += step }
      return min(Int(position), source - 1)
    }
  }
}

/// The weights of one direction: a window of source pixels for each target pixel.
private struct TriangleTaps {
  /// The fractional bits of a weight: 8 bits of pixel and 2 of overshoot leave 22 of 32.
  private static let fractionBits = 22

  private let source: Int
  private let windows: [(start: Int, weights: [Int32])]

  init(from source: Int, to target: Int) {
    self.source = source
    let scale = Double(source) / Double(target)
    let support = max(scale, 1)
    windows = (0..<target).map { index in
      let center = (Double(index) + 0.5) * scale
      let start = Int(max(center - support + 0.5, 0))
      let end = min(Int(center + support + 0.5), source)
      let raw = (start..<end).map { position in
        max(1 - abs((Double(position) - center + 0.5) * (1 / support)), 0)
      }
      let sum = raw.reduce(0, +)
      return (start, raw.map { Int32($0 / sum * Double(1 << Self.fractionBits) + 0.5) })
    }
  }

  /// Scales the middle dimension of `[outer, source, inner]`.
  func applied(to bytes: [UInt8], outer: Int, inner: Int) -> [UInt8] {
    let half = Int32(1) << (Self.fractionBits - 1)
    var result: [UInt8] = []
    result.reserveCapacity(outer * windows.count * inner)
    var sums = [Int32](repeating: half, count: inner)
    for block in 0..<outer {
      for (start, weights) in windows {
        for index in 0..<inner { sums[index] = half }
        for (offset, weight) in weights.enumerated() {
          let row = (block * source + start + offset) * inner
          for index in 0..<inner { sums[index] += Int32(bytes[row + index]) * weight }
        }
        for sum in sums { result.append(UInt8(clamping: sum >> Self.fractionBits)) }
      }
    }
    return result
  }
}
