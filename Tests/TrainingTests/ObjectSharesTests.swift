import Differentiation
import Segmentation
import Tensors
import TestSupport
import Testing

@testable import Training

/// Soft aggregation and its gradient.
@Suite struct ObjectSharesTests {
  private var generator = SeededGenerator(seed: 2)

  @Test(arguments: [1, 3]) mutating func `shares are those of soft aggregation`(
    objects: Int
  ) {
    let logits = FloatTensor.random([objects, 2, 4, 5], in: -3...3, using: &generator)
    let expected = SoftAggregation.aggregate(SoftAggregation.objectProbabilities(logits))
    let shares = ObjectShares(Numbers<Float>(logits))
    for (found, expected) in zip(shares.shares, expected.values) {
      #expect(abs(found - expected) < 1e-5)
    }
    #expect(shares.masks.shape == [objects, 1, 4, 5])
    #expect(shares.masks.values == Array(shares.shares[20...]))
  }

  @Test mutating func `shares of certain objects are clamped as in soft aggregation`() {
    let certain = FloatTensor(shape: [2, 2, 1, 2], values: [0, 90, -60, 9, 60, 0, 0, 9])
    let expected = SoftAggregation.aggregate(SoftAggregation.objectProbabilities(certain))
    let shares = ObjectShares(Numbers<Float>(certain)).shares
    for (found, expected) in zip(shares, expected.values) { #expect(abs(found - expected) < 1e-5) }
    #expect(shares.allSatisfy { $0.isFinite })
  }

  @Test(arguments: [1, 2, 3]) mutating func `the gradient by logits is that of differences`(
    objects: Int
  ) {
    let logits = FloatTensor.random([objects, 2, 3, 3], in: -4...4, using: &generator)
    let weights = FloatTensor.random([objects + 1, 1, 3, 3], using: &generator)
    func weighted(_ logits: FloatTensor) -> Double {
      zip(ObjectShares(Numbers<Double>(logits)).shares, weights.values).reduce(0) {
        $0 + $1.0 * Double($1.1)
      }
    }
    let gradient = ObjectShares(Numbers<Double>(logits)).gradient(
      byShares: weights.values.map { Double($0) })
    let difference = CentralDifference(["x": logits], gradients: ["x": gradient.floats]) {
      $0["x"].map(weighted) ?? 0
    }
    #expect(difference.error < 1e-6)
  }

  @Test func `nothing passes back through odds that are clamped`() {
    let logits = Numbers<Double>(shape: [1, 2, 1, 2], values: [0, 0, 40, 2])
    let shares = ObjectShares(logits)
    let gradient = shares.gradient(byShares: [1, 1, -1, -1])
    #expect(gradient.values[0] == 0 && gradient.values[2] == 0)
    #expect(gradient.values[1] != 0 && gradient.values[1] == -gradient.values[3])
  }

  @Test func `a logit that is no number stays visible`() {
    let shares = ObjectShares(Numbers<Float>(shape: [1, 2, 1, 1], values: [0, .nan]))
    #expect(shares.shares.allSatisfy { $0.isNaN })
  }

  @Test mutating func `others are those of segmentation, and their gradient is the sum's`() {
    let masks = FloatTensor.random([3, 1, 2, 3], in: 0...0.33, using: &generator)
    let sums = OtherObjects.sums(Numbers<Float>(masks))
    #expect(sums.floats.relativeError(to: VideoSegmentation.others(masks)) < 1e-6)
    let weights = FloatTensor.random([3, 1, 2, 3], using: &generator)
    let gradient = OtherObjects.gradient(Numbers<Double>(weights))
    let difference = CentralDifference(["m": masks], gradients: ["m": gradient.floats]) { values in
      let masks = Numbers<Double>(values["m"] ?? masks)
      return zip(OtherObjects.sums(masks).values, weights.values).reduce(0) {
        $0 + $1.0 * Double($1.1)
      }
    }
    #expect(difference.error < 1e-6)
    let alone = Numbers<Float>(shape: [1, 1, 1, 2], values: [1, 0.5])
    #expect(OtherObjects.sums(alone).values == [0, 0])
  }
}
