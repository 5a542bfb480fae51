import Differentiation
import Segmentation
import Tensors
import TestSupport
import Testing

@testable import Training

/// Losses of pixels and objects, and their gradients by logits against differences.
@Suite struct LossTests {
  private let clip = TinyTraining.clip(height: 16)
  private let logits: [FloatTensor]

  init() {
    var generator = SeededGenerator(seed: 3)
    logits = (0..<2).map { _ in .random([2, 2, 16, 16], in: -2...2, using: &generator) }
  }

  private var masks: [ObjectMask] { Array(clip.masks[1...]) }

  /// The error of the gradient of `loss`, which adds that by shares.
  private func error(
    _ loss: ([ObjectShares<Double>], inout [[Double]]) -> Double
  ) -> Double {
    let shares = logits.map { ObjectShares(Numbers<Double>($0)) }
    var gradients = shares.map { [Double](repeating: 0, count: $0.shares.count) }
    _ = loss(shares, &gradients)
    var (values, byLogits): ([String: FloatTensor], [String: FloatTensor]) = ([:], [:])
    for index in logits.indices {
      values["\(index)"] = logits[index]
      byLogits["\(index)"] = shares[index].gradient(byShares: gradients[index]).floats
    }
    return CentralDifference(values, gradients: byLogits) { values in
      var unused = gradients
      let shares = logits.indices.map {
        ObjectShares(Numbers<Double>(values["\($0)"] ?? logits[$0]))
      }
      return loss(shares, &unused)
    }.error
  }

  @Test(arguments: [1, 0.25]) func `the gradient of cross-entropy is that of differences`(
    share: Double
  ) {
    let counted = Int(Double(clip.knownPixels) * share)
    #expect(
      error {
        CrossEntropy.sum($0, masks, counted: counted, scale: 1, gradients: &$1)
      } < 1e-6)
  }

  @Test func `the gradient of Dice losses is that of differences`() {
    #expect(
      error { shares, gradients in
        shares.indices.reduce(0) { sum, index in
          sum
            + DiceLoss.sum(
              shares[index], masks[index], scale: 1, gradient: &gradients[index])
        }
      } < 1e-6)
  }

  @Test func `only the hardest pixels count, the first of equal ones`() {
    let logits = Numbers<Double>(
      shape: [1, 2, 1, 5], values: [0, 0, 0, 0, 0, -2, -1, -1, 3, -5])
    let mask = ObjectMask(width: 5, height: 1, ids: [1, 1, 1, 1, ObjectMask.void])
    let shares = [ObjectShares(logits)]
    var gradients = [[Double](repeating: 0, count: 10)]
    let sum = CrossEntropy.sum(
      shares, [mask], counted: 2, scale: 0.5, gradients: &gradients)
    let expected = [0, 1].map { -shares[0].shares[5 + $0].logarithm }
    #expect(abs(sum - expected[0] - expected[1]) < 1e-12)
    #expect(gradients[0].map { $0 != 0 } == (0..<10).map { $0 == 5 || $0 == 6 })
    #expect(abs(gradients[0][5] + 0.5 / shares[0].shares[5]) < 1e-12)
  }

  @Test func `void pixels count in no loss`() {
    let shares = [ObjectShares(Numbers<Double>(logits[0]))]
    let void = ObjectMask(
      width: 16, height: 16, ids: [UInt8](repeating: ObjectMask.void, count: 256))
    var gradients = [[Double](repeating: 0, count: 3 * 256)]
    #expect(CrossEntropy.sum(shares, [void], counted: 0, scale: 1, gradients: &gradients) == 0)
    #expect(DiceLoss.sum(shares[0], void, scale: 1, gradient: &gradients[0]) == 0)
    #expect(gradients[0].allSatisfy { $0 == 0 })
  }

  @Test func `a Dice loss is 0 where an object is found exactly`() {
    let mask = ObjectMask(width: 2, height: 1, ids: [0, 1])
    var gradient = [Double](repeating: 0, count: 4)
    func loss(_ difference: Double) -> Double {
      DiceLoss.sum(
        ObjectShares(
          Numbers<Double>(shape: [1, 2, 1, 2], values: [0, 0, -difference, difference])), mask,
        scale: 1, gradient: &gradient)
    }
    #expect(abs(loss(15)) < 1e-6)
    #expect(loss(-15) > 0.6)
  }
}
