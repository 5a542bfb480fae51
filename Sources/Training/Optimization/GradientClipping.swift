public import Tensors

extension [String: FloatTensor] {
  /// The root of the sum of all squares, of all tensors together, in binary64.
  ///
  /// Added up in the order of the names, so that it does not depend on anything else.
  public var globalNorm: Double {
    sorted { $0.key < $1.key }.reduce(0.0) { $0 + Self.squares($1.value.values) }.squareRoot()
  }

  /// Scales all tensors by the same number where their ``globalNorm`` is above `maximum`, so that it
  /// is not afterwards (Pascanu, Mikolov, Bengio, *On the Difficulty of Training Recurrent Neural
  /// Networks*, ICML 2013; PyTorch's `clip_grad_norm_`).
  ///
  /// Returns the norm before. Where that is not finite nothing is changed.
  @discardableResult
  public mutating func clip(toNorm maximum: Double) -> Double {
    let norm = globalNorm
    let scale = Swift.min(maximum / (norm + 1e-6), 1)
    guard norm.isFinite, scale < 1 else { return norm }
    for name in keys.sorted() {
      guard var tensor = removeValue(forKey: name) else { continue }
      Self.multiply(&tensor.values, by: Float(scale))
      self[name] = tensor
    }
    return norm
  }

  private static func squares(_ values: [Float]) -> Double {
    let values = values.span
    var (low, high) = (SIMD8<Double>(), SIMD8<Double>())
    for start in stride(from: 0, to: values.count, by: 16) {
      let vector = values.vector(at: start, count: Swift.min(16, values.count - start))
      let (first, second) = (SIMD8<Double>(vector.lowHalf), SIMD8<Double>(vector.highHalf))
      low += first * first
      high += second * second
    }
    return (low + high).sum()
  }

  private static func multiply(_ values: inout [Float], by scale: Float) {
    var values = values.mutableSpan
    for start in stride(from: 0, to: values.count, by: 16) {
      let count = Swift.min(16, values.count - start)
      values.store(
        values.span.vector(at: start, count: count) * scale, at: start, count: count)
    }
  }
}
