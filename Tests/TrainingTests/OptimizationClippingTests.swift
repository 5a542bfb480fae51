import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct OptimizationClippingTests {
  @Test func `norms and what clipping leaves are PyTorch's`() throws {
    let fixture = try OptimizationFixture.loaded.get()
    for (index, clip) in fixture.clipping.enumerated() {
      var gradients = try OptimizationFixture.tensors("gradients.1")
      let norm = gradients.clip(toNorm: clip.maximum)
      #expect(abs(norm - clip.norm) < 1e-6 * clip.norm)
      let expected = try OptimizationFixture.tensors("clipped-\(index)")
      let distance = try gradients.distance(to: expected)
      #expect(distance < 1e-6)
      #expect(gradients.globalNorm <= clip.maximum)
    }
  }

  @Test func `gradients within the norm keep their bits`() throws {
    let before = try OptimizationFixture.tensors("gradients.1")
    var gradients = before
    gradients.clip(toNorm: 1e6)
    #expect(gradients == before)
  }

  @Test(arguments: [Float.infinity, .nan])
  func `a norm that is not finite is told, and nothing is changed`(value: Float) {
    var gradients = ["a": FloatTensor(shape: [2], values: [3, value])]
    let norm = gradients.clip(toNorm: 1)
    #expect(!norm.isFinite && gradients["a"]?.values.first == 3)
  }

  @Test func `squares beyond binary32 still have a norm`() {
    let gradients = ["a": FloatTensor(shape: [2], values: [3e30, 4e30])]
    #expect(abs(gradients.globalNorm / 5e30 - 1) < 1e-6)
  }
}
