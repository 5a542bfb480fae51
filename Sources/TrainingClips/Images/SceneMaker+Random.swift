import Glibc
import Training

extension SplitMix64 {
  /// One of `elements`, each as likely.
  mutating func element<Element>(of elements: [Element]) -> Element {
    elements[integer(in: 0...elements.count - 1)]
  }

  /// Puts `elements` into another order, each as likely (Durstenfeld, *Algorithm 235*, CACM 7(7),
  /// 1964).
  mutating func shuffle<Element>(_ elements: inout [Element]) {
    for end in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(end, integer(in: 0...end))
    }
  }

  /// A vector of length 1.
  mutating func direction() -> SIMD2<Double> {
    let angle = uniform() * 2 * .pi
    return SIMD2(cos(angle), sin(angle))
  }
}

extension BlurRange {
  /// A blur for each frame of something that moves so; `unit` is the frame's shorter side.
  func blurs(of motion: LayerMotion, unit: Double, _ random: inout SplitMix64) -> [Blur] {
    let isBlurred = random.uniform() < probability
    let isOutOfFocus = random.uniform() < 0.5
    let strength = random.uniform()
    return (0..<TrainingClip.frameCount).map { frame in
      let share = strength * Double(frame) / Double(TrainingClip.frameCount - 1)
      guard isBlurred, share > 0 else { return .none }
      return isOutOfFocus
        ? .gaussian(deviation: gaussian * unit * share)
        : .motion(motion.way(to: frame) * (shutter * share))
    }
  }
}

extension Pixels {
  /// An ellipse or a rectangle of the half sides `half`, with a pixel of nothing around it, in two
  /// colours that turn into each other from one side to the other.
  static func plainShape(_ half: SIMD2<Double>, _ random: inout SplitMix64) -> Pixels {
    let isRound = random.uniform() < 0.5
    let colors = (0..<2).map { _ in
      SIMD3((0..<3).map { _ in Double(random.integer(in: 0...255)) })
    }
    let (width, height) = (Int((2 * half.x).rounded(.up)) + 2, Int((2 * half.y).rounded(.up)) + 2)
    var values: [SIMD4<UInt8>] = []
    values.reserveCapacity(width * height)
    for row in 0..<height {
      for column in 0..<width {
        let way = SIMD2(Double(column) - 0.5, Double(row) - 0.5) - half
        let share = (way / half).clamped(lowerBound: SIMD2(-1, -1), upperBound: SIMD2(1, 1)).x
        // The distance to the edge in pixels, inside above 0: that of an ellipse to first order.
        let inside =
          isRound
          ? (1 - ((way / half) * (way / half)).sum().squareRoot()) * half.min()
          : min(half.x - abs(way.x), half.y - abs(way.y))
        let alpha = min(max(inside + 0.5, 0), 1)
        let color = (colors[0] * (1 - share) + colors[1] * (1 + share)) / 2
        values.append(SIMD4<UInt8>(SIMD4(color, 255) * alpha))
      }
    }
    return Pixels(width: width, height: height, values: values)
  }
}
