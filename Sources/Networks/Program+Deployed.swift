extension Program {
  /// The `deployed` program: batch norms folded, convolution + addition + ReLU fused.
  ///
  /// The rules, each applied wherever it fits:
  /// 1. A batch norm folds into the convolution before it, or into every convolution of the sum
  ///    before it.
  /// 2. A normalization of an image folds into the convolution after it. Where that is a term of a
  ///    sum of convolutions of one geometry, they all become one over their inputs behind one
  ///    another, a value called like the sum's module and `concatenate`.
  /// 3. A sum whose terms but the first are convolutions becomes their chain: each convolution
  ///    adds the result of the one before it. A sum of a value and an upsampling is one step.
  /// 4. A ReLU fuses into the convolution before it.
  ///
  /// A layer is absorbed only when nothing else reads its value.
  public init(deploying graph: Graph<LayerOperation>) {
    var fusion = Fusion(graph)
    fusion.foldBatchNorms()
    fusion.foldNormalizations()
    fusion.chainSums()
    fusion.fuseReLUs()
    self.init(graph, steps: fusion.steps)
  }
}
