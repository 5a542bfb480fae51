import Foundation
import Safetensors
import Segmentation
import Tensors
import TestSupport
import Testing

@Suite struct SoftAggregationTests {
  @Test func `the objects' probabilities are aggregated as PyTorch does`() throws {
    let folder = try #require(Bundle.module.resourceURL)
    let golden = try SafetensorsFile.read(
      folder.appending(path: "Fixtures/aggregation.safetensors").path)
    let objects = try golden.floats("segment/object_probability")
    let found = SoftAggregation.aggregate(
      FloatTensor(shape: [2, 1, 64, 96], values: objects.values))
    let expected = try golden.floats("segment/probability")
    #expect(expected.shape == [3, 64, 96] && found.shape == [3, 1, 64, 96])
    let errors = zip(found.values, expected.values).map { abs($0 - $1) }
    #expect(try #require(errors.max()) < 1e-5)
  }

  @Test func `the sample's logits give PyTorch's probabilities`() throws {
    let golden = try SampleWeights.golden()
    let found = SoftAggregation.objectProbabilities(try golden.floats("segment/logits"))
    #expect(found.shape == [1, 1, 64, 96])
    #expect(found.relativeError(to: try golden.floats("segment/object_probability")) < 1e-6)
  }

  @Test func `probabilities of 0 and 1 stay finite and sum to 1`() {
    let objects = FloatTensor(shape: [2, 1, 1, 4], values: [0, 1, 1, 0.5, 0, 0, 1, 1])
    let found = SoftAggregation.aggregate(objects).values
    #expect(found.allSatisfy { $0 >= 0 && $0 <= 1 })
    for position in 0..<4 {
      let sum = (0..<3).map { found[4 * $0 + position] }.reduce(0, +)
      #expect(abs(sum - 1) < 1e-6)
    }
    #expect(found[0] > 0.999 && found[4 + 1] > 0.999)
    #expect(found[4 + 2] == found[8 + 2])
  }

  @Test func `large logits do not overflow`() {
    let logits = FloatTensor(shape: [1, 2, 1, 3], values: [1e30, -1e30, 500, -1e30, 1e30, 500])
    #expect(SoftAggregation.objectProbabilities(logits).values == [0, 1, 0.5])
  }

  @Test func `the most probable id wins, the lower one where two are equal`() {
    let probabilities = FloatTensor(
      shape: [3, 1, 1, 4], values: [0.5, 0.2, 0.3, 0.2, 0.5, 0.4, 0.2, 0.1, 0.5, 0.4, 0.5, 0.7])
    #expect(ObjectMask(mostProbable: probabilities, of: [1, 2]).ids == [0, 1, 2, 2])
    #expect(ObjectMask(mostProbable: probabilities, of: [3, 7]).ids == [0, 3, 7, 7])
  }

  @Test func `a mask becomes one plane for the background, where nobody else is, and each object`()
  {
    let mask = ObjectMask(width: 4, height: 1, ids: [0, 2, 1, 3])
    let planes = mask.probabilities(of: [1, 2])
    #expect(planes.shape == [3, 1, 1, 4])
    #expect(planes.values == [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0])
  }

  @Test func `each object's others are the clamped sum of the other objects' masks`() {
    let masks = FloatTensor(
      shape: [3, 1, 1, 2], values: [0.75, 0, 0.5, 0.25, 1, 0.5])
    let others = VideoSegmentation.others(masks)
    #expect(others.shape == masks.shape)
    #expect(others.values == [1, 0.75, 1, 0.5, 1, 0.25])
  }

  @Test func `one object has no others`() {
    let mask = FloatTensor(shape: [1, 1, 1, 2], values: [0.3, 1])
    #expect(VideoSegmentation.others(mask).values == [0, 0])
  }
}
