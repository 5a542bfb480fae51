extension Program {
  /// The `layers` program: one step a layer, nothing fused.
  ///
  /// Only the batch norms in `folded`, whose own parameters are lost, are part of the
  /// convolutions before them.
  public init(layersOf graph: Graph<LayerOperation>, folding folded: Set<String> = []) {
    var fusion = Fusion(graph)
    fusion.foldBatchNorms { folded.contains($0) }
    self.init(graph, steps: fusion.steps)
  }
}
