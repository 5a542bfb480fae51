import Foundation
public import Tensors

/// Turns each object's own logits into probabilities over all objects and the background.
///
/// After Oh et al., ICCV 2019, section 3.4 (introduced by *Fast Video Object Segmentation by
/// Reference-Guided Mask Propagation*, CVPR 2018). Always in binary32: in binary16 the clamp's
/// upper end would round to 1 and its logit be infinite.
public enum SoftAggregation {
  /// The probabilities' distance from 0 and 1 before their logits are taken.
  static let margin: Float = 1e-7

  /// Each object's own probability: the softmax over background and object logits.
  ///
  /// `logits` `[N, 2, H, W]`; the result is `[N, 1, H, W]`.
  public static func objectProbabilities(_ logits: FloatTensor) -> FloatTensor {
    let plane = logits.shape[2] * logits.shape[3]
    var result = FloatTensor(zeros: [logits.shape[0], 1, logits.shape[2], logits.shape[3]])
    for index in result.values.indices {
      let (object, position) = index.quotientAndRemainder(dividingBy: plane)
      let background = logits.values[2 * object * plane + position]
      let foreground = logits.values[(2 * object + 1) * plane + position]
      let largest = max(background, foreground)
      let (b, f) = (exp(background - largest), exp(foreground - largest))
      result.values[index] = f / (b + f)
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
    var odds = [Float](repeating: 0, count: objects + 1)
    for position in 0..<plane {
      odds[0] = 1
      for object in 0..<objects {
        let p = probabilities.values[object * plane + position]
        odds[0] *= 1 - p
        odds[object + 1] = p
      }
      // softmax(log(p / (1 - p))) over the clamped probabilities.
      var total: Float = 0
      for index in odds.indices {
        let p = min(max(odds[index], margin), 1 - margin)
        odds[index] = p / (1 - p)
        total += odds[index]
      }
      for index in odds.indices { result.values[index * plane + position] = odds[index] / total }
    }
    return result
  }
}
