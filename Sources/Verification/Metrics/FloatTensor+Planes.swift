import Tensors

extension FloatTensor {
  /// Calls `body` with the elements of both tensors, of which one may be as long as a part of the
  /// other, and then stands beside each such part.
  func forEachPart(
    beside other: FloatTensor, _ body: (Span<Float>, Span<Float>) -> Void
  ) {
    let (left, right) = (values.span, other.values.span)
    let part = min(left.count, right.count)
    guard part > 0 else { return }
    precondition(
      max(left.count, right.count).isMultiple(of: part), "\(shape) beside \(other.shape)")
    for start in stride(from: 0, to: max(left.count, right.count), by: part) {
      body(
        left.extracting(left.count == part ? 0..<part : start..<start + part),
        right.extracting(right.count == part ? 0..<part : start..<start + part))
    }
  }

  /// Calls `body` with every object, every channel and the elements of both tensors' planes there,
  /// both being `[N, C, H, W]`; where one's `N` is 1, it stands beside each object of the other.
  func forEachPlane(
    beside other: FloatTensor,
    _ body: (_ object: Int, _ channel: Int, Span<Float>, Span<Float>) -> Void
  ) {
    precondition(
      shape.rank == 4 && shape.dimensions.dropFirst() == other.shape.dimensions.dropFirst(),
      "\(shape) beside \(other.shape)")
    let (channels, plane) = (shape[1], shape[2] * shape[3])
    let (left, right) = (values.span, other.values.span)
    for object in 0..<max(shape[0], other.shape[0]) {
      for channel in 0..<channels {
        let from = ((shape[0] == 1 ? 0 : object) * channels + channel) * plane
        let to = ((other.shape[0] == 1 ? 0 : object) * channels + channel) * plane
        body(
          object, channel, left.extracting(from..<from + plane), right.extracting(to..<to + plane))
      }
    }
  }

  /// The energy of what was added to `residual` in each channel, all objects together; where
  /// `isRectified`, of the elements that are not 0, since the others do not tell.
  func energiesAdded(to residual: FloatTensor, isRectified: Bool) -> [Double] {
    var energies = [Double](repeating: 0, count: shape[1])
    forEachPlane(beside: residual) { _, channel, values, residual in
      var sum = SIMD4<Double>.zero
      let whole = values.count & ~3
      for index in stride(from: 0, to: whole, by: 4) {
        let value = values.doubles(at: index)
        let added = value - residual.doubles(at: index)
        let counts = added * added
        sum += isRectified ? counts.replacing(with: 0, where: value .== 0) : counts
      }
      var rest = 0.0
      for index in whole..<values.count where !isRectified || values[index] != 0 {
        let added = Double(values[index]) - Double(residual[index])
        rest += added * added
      }
      energies[channel] += sum.sum() + rest
    }
    return energies
  }
}
