public import Differentiation

extension OneDNNGradientKernels {
  public func quantized(
    _ x: OneDNNValue, _ quantization: FakeQuantization<Float>
  ) throws -> OneDNNValue {
    try answer("rounding") { library in
      let frames = x.frames.map { source in
        let result = library.store.empty(source.held)
        switch quantization.target {
        case .integers(let range, let scale, let zeroPoint):
          let grid = IntegerGrid(range, scale: scale, zeroPoint: zeroPoint)
          ElementLoops.map(source, to: result) { grid.rounded($0) }
        case .float16, .bfloat16:
          ElementLoops.map(source, to: result) { vector in
            var rounded = SIMD16<Float>()
            for lane in 0..<16 { rounded[lane] = quantization.rounded(vector[lane]) }
            return rounded
          }
        }
        return result
      }
      return OneDNNValue(frames, like: x)
    }
  }

  public func quantizationGradient(
    _ gradient: OneDNNValue, _ x: OneDNNValue, _ quantization: FakeQuantization<Float>
  ) throws -> (input: OneDNNValue, scale: Float) {
    guard case .integers(let range, let scale, let zeroPoint) = quantization.target else {
      return (gradient, 0)
    }
    return try answer("rounding, gradient") { library in
      let grid = IntegerGrid(range, scale: scale, zeroPoint: zeroPoint)
      var sum: Float = 0
      let frames = try zip(x.frames, gradient.frames).map { source, incoming in
        let incoming =
          incoming.descriptor == source.descriptor
          ? incoming : try library.store.convert(incoming, to: source.descriptor)
        let result = library.store.empty(source.held)
        sum += ElementLoops.map(source, incoming, to: result) { x, gradient in
          let (passes, slope) = grid.derivatives(at: x)
          return (gradient.replacing(with: 0, where: .!passes), gradient * slope)
        }
        return result
      }
      return (OneDNNValue(frames, like: x), sum)
    }
  }
}

/// The integers that `FakeQuantization` rounds to, for 16 numbers at a time.
private struct IntegerGrid {
  let scale: Float
  /// The smallest and the largest integer, less the zero point.
  let low: Float, high: Float

  init(_ range: ClosedRange<Int32>, scale: Float, zeroPoint: Int32) {
    self.scale = scale
    low = Float(range.lowerBound) - Float(zeroPoint)
    high = Float(range.upperBound) - Float(zeroPoint)
    precondition(max(abs(low), abs(high)) < 0x1p20, "\(range), zero point \(zeroPoint)")
  }

  /// `FakeQuantization.rounded`.
  @inline(__always) func rounded(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let steps = Self.nearest(Self.bounded(x / scale, low, high))
    return (steps * scale).replacing(with: 0, where: x .!= x)
  }

  /// `FakeQuantization.derivatives`: whether that by the number is 1, and that by the scale.
  @inline(__always) func derivatives(
    at x: SIMD16<Float>
  ) -> (passes: SIMDMask<SIMD16<Int32>>, scale: SIMD16<Float>) {
    let steps = x / scale
    // One further on each side is enough to see what is clamped.
    let nearest = Self.nearest(Self.bounded(steps, low - 1, high + 1))
    var slope = nearest - steps
    let (below, above) = (nearest .< low, nearest .> high)
    slope.replace(with: low, where: below)
    slope.replace(with: high, where: above)
    return (.!(below .| above), slope)
  }

  @inline(__always) private static func bounded(
    _ x: SIMD16<Float>, _ low: Float, _ high: Float
  ) -> SIMD16<Float> {
    var x = x
    x.replace(with: low, where: x .< low)
    x.replace(with: high, where: x .> high)
    return x
  }

  /// The nearest integer, ties to even, of numbers below 2^22: adding 1.5 · 2^23 leaves no bits for a
  /// fraction.
  @inline(__always) private static func nearest(_ x: SIMD16<Float>) -> SIMD16<Float> {
    let whole = SIMD16<Float>(repeating: 0x1.8p23)
    return (x + whole) - whole
  }
}
