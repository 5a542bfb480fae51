import Glibc

/// How a layer is blurred in one frame.
enum Blur: Equatable {
  case none
  /// Out of focus: a normal distribution of this standard deviation in pixels.
  case gaussian(deviation: Double)
  /// Moving while the shutter is open: evenly along this way, in pixels.
  case motion(SIMD2<Double>)

  /// How far from a pixel colours may get, in pixels.
  var reach: Double {
    switch self {
    case .none: 0
    case .gaussian(let deviation): (3 * deviation).rounded(.up)
    case .motion(let way): (way * way).sum().squareRoot() / 2 + 1
    }
  }
}

extension Canvas {
  /// Blurs what is there; colours at the edge go on beyond it.
  mutating func blur(_ blur: Blur) {
    switch blur {
    case .none: break
    case .gaussian(let deviation):
      let radius = Int(blur.reach)
      guard radius > 0 else { return }
      let bell = (-radius...radius).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
      let sum = bell.reduce(0, +)
      let weights = bell.map { Float($0 / sum) }
      spread(weights, (-radius...radius).map { SIMD2($0, 0) })
      spread(weights, (-radius...radius).map { SIMD2(0, $0) })
    case .motion(let way):
      let count = Int((way * way).sum().squareRoot().rounded()) + 1
      guard count > 1 else { return }
      let shares = (0..<count).map { Double($0) / Double(count - 1) - 0.5 }
      spread(
        shares.map { _ in 1 / Float(count) },
        shares.map { SIMD2<Int>((way * $0).rounded(.toNearestOrEven)) })
    }
  }

  /// Makes each pixel the sum of those at `offsets`, weighted.
  private mutating func spread(_ weights: [Float], _ offsets: [SIMD2<Int>]) {
    values = Self.spread(values, region.width, region.height, weights, offsets)
  }

  private static func spread(
    _ values: [SIMD4<Float>], _ width: Int, _ height: Int, _ weights: [Float],
    _ offsets: [SIMD2<Int>]
  ) -> [SIMD4<Float>] {
    var result = [SIMD4<Float>](repeating: .zero, count: values.count)
    let source = values.span
    var target = result.mutableSpan
    for index in weights.indices {
      let weight = weights[index]
      let (across, down) = (offsets[index].x, offsets[index].y)
      for row in 0..<height {
        let from = min(max(row + down, 0), height - 1) * width
        for column in 0..<width {
          target[row * width + column] +=
            source[from + min(max(column + across, 0), width - 1)] * weight
        }
      }
    }
    return result
  }
}
