public import Tensors

/// Turns each object's own logits into probabilities over all objects and the background.
///
/// After Oh et al., ICCV 2019, section 3.4 (introduced by *Fast Video Object Segmentation by
/// Reference-Guided Mask Propagation*, CVPR 2018). Always in binary32: in binary16 the clamp's
/// upper end would round to 1 and its logit be infinite.
public enum SoftAggregation {
  /// The probabilities' distance from 0 and 1 before their logits are taken.
  public static let margin: Float = 1e-7

  /// Each object's own probability: the softmax over background and object logits, which is the
  /// sigmoid of their difference.
  ///
  /// `logits` `[N, 2, H, W]`; the result is `[N, 1, H, W]`.
  public static func objectProbabilities(_ logits: FloatTensor) -> FloatTensor {
    let plane = logits.shape[2] * logits.shape[3]
    var result = FloatTensor(zeros: [logits.shape[0], 1, logits.shape[2], logits.shape[3]])
    let source = logits.values.span
    var target = result.values.mutableSpan
    for object in 0..<logits.shape[0] {
      for position in stride(from: 0, to: plane, by: 16) {
        let background = source.vector(at: 2 * object * plane + position, count: plane - position)
        let foreground = source.vector(
          at: (2 * object + 1) * plane + position, count: plane - position)
        let probability = 1 / (1 + (background - foreground).exponential())
        target.store(probability, at: object * plane + position, count: plane - position)
      }
    }
    return result
  }

  /// Probabilities of background and every object, which sum to 1 at each pixel.
  ///
  /// `probabilities` `[N, 1, H, W]`, each object's own; the result is `[N + 1, 1, H, W]`,
  /// background first.
  public static func aggregate(_ probabilities: FloatTensor) -> FloatTensor {
    let objects = probabilities.shape[0]
    let plane = probabilities.shape[2] * probabilities.shape[3]
    var result = FloatTensor(
      zeros: [objects + 1, 1, probabilities.shape[2], probabilities.shape[3]])
    let source = probabilities.values.span
    var target = result.values.mutableSpan
    var odds = [SIMD16<Float>](repeating: .zero, count: objects + 1)
    for position in stride(from: 0, to: plane, by: 16) {
      var background = SIMD16<Float>(repeating: 1)
      var total = SIMD16<Float>.zero
      for object in 0..<objects {
        let p = source.vector(at: object * plane + position, count: plane - position)
        background *= 1 - p
        odds[object + 1] = Self.odds(p)
      }
      odds[0] = Self.odds(background)
      for index in odds.indices { total += odds[index] }
      for index in odds.indices {
        target.store(
          odds[index] / total, at: index * plane + position, count: plane - position)
      }
    }
    return result
  }

  /// `p / (1 - p)` of the clamped probabilities: softmax over the logits of several is the share
  /// of these in their sum.
  @inline(__always)
  private static func odds(_ probability: SIMD16<Float>) -> SIMD16<Float> {
    var p = probability
    p.replace(with: margin, where: p .< margin)
    p.replace(with: 1 - margin, where: p .> 1 - margin)
    return p / (1 - p)
  }
}
