public import Tensors

extension VideoSegmentation {
  /// For each object the sum of the other objects' masks, clamped to 0...1; `[N, 1, H, W]`.
  public static func others(_ masks: FloatTensor) -> FloatTensor {
    let (objects, plane) = (masks.shape[0], masks.shape.elementCount / masks.shape[0])
    var result = FloatTensor(zeros: masks.shape)
    let source = masks.values.span
    var target = result.values.mutableSpan
    for position in stride(from: 0, to: plane, by: 16) {
      var sum = SIMD16<Float>.zero
      for object in 0..<objects {
        sum += source.vector(at: object * plane + position, count: plane - position)
      }
      for object in 0..<objects {
        let index = object * plane + position
        var others = sum - source.vector(at: index, count: plane - position)
        others.replace(with: 0, where: others .< 0)
        others.replace(with: 1, where: others .> 1)
        target.store(others, at: index, count: plane - position)
      }
    }
    return result
  }
}
