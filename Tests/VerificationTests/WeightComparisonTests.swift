import Tensors
import Testing
import Verification

@Suite struct WeightComparisonTests {
  private func entry(_ name: String, _ values: [Float]) -> TensorArchive.Entry {
    .init(name: name, tensor: Tensor(FloatTensor(shape: [values.count], values: values)))
  }

  @Test func `differences follow the reference, then come those of the candidate alone`() throws {
    let result = try WeightComparison(
      of: try TensorArchive([
        entry("z", [1]), entry("c", [2]), entry("b", [1, 2]), entry("d", [1]),
      ]),
      with: try TensorArchive([entry("d", [1]), entry("c", [1]), entry("b", [1]), entry("a", [1])]))
    #expect(result.differences.map(\.name) == ["c", "b", "a", "z"])
    #expect(result.differences.map(\.outcome) == [.changed, .misshapen, .missing, .unexpected])
    #expect(result.identicalCount == 1 && !result.passes)
  }

  @Test func `zeros of other signs differ in bits and not in size`() throws {
    let result = try WeightComparison(
      of: try TensorArchive([entry("a", [-0.0, 1])]),
      with: try TensorArchive([entry("a", [0, 1])]),
      tolerance: 0)
    let difference = try #require(result.differences.first)
    #expect(difference.differingCount == 1 && difference.metrics?.maximumError == 0)
    #expect(result.passes)
  }

  @Test func `every element of a long tensor is compared`() throws {
    let values = [Float](repeating: 1, count: 2 * Tensor.blockCount + 3)
    var other = values
    for index in [0, Tensor.blockCount, values.count - 1] { other[index] = 2 }
    let result = try WeightComparison(
      of: try TensorArchive([entry("a", other)]), with: try TensorArchive([entry("a", values)]))
    let difference = try #require(result.differences.first)
    #expect(difference.differingCount == 3 && difference.metrics?.count == values.count)
    #expect(difference.metrics?.relativeMaximumError == 1)
  }
}
