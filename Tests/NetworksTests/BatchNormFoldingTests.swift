import Networks
import Tensors
import Testing

/// Against values that NumPy computes in binary64.
@Suite struct BatchNormFoldingTests {
  /// `weight / sqrt(variance + 1e-3)` and `bias - mean * scale`.
  private static let folding = BatchNormFolding(
    weight: [1.5, -0.25], bias: [0.125, 2], mean: [-0.5, 3], variance: [0.75, 0], epsilon: 1e-3)

  @Test func `scale and shift are computed in binary64`() {
    #expect(Self.folding.scale == [1.730897260449531, -7.905694150420949])
    #expect(Self.folding.shift == [0.9904486302247655, 25.717082451262847])
  }

  @Test func `a kernel is scaled by output channel and rounded once`() {
    let kernel = FloatTensor(shape: [2, 1, 1, 2], values: [1, 0.1, -3, 0.3])
    let folded = Self.folding.folded(weight: kernel)
    #expect(folded.shape == kernel.shape)
    #expect(folded.values == [1.7308973, 0.17308973, 23.717083, -2.3717084])
  }

  @Test func `a bias is scaled, and shifted where it is asked for`() {
    #expect(Self.folding.folded(bias: nil, addsShift: false) == [0, 0])
    #expect(Self.folding.folded(bias: [2, -1], addsShift: false) == [3.4617946, 7.905694])
    #expect(Self.folding.folded(bias: [2, -1], addsShift: true) == [4.4522433, 33.622776])
  }

  @Test func `an infinite scale is left for others to find`() {
    let folding = BatchNormFolding(weight: [1], bias: [0], mean: [0], variance: [0], epsilon: 0)
    #expect(folding.scale == [.infinity])
  }
}
