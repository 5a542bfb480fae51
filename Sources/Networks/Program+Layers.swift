extension Program {
  /// The `layers` program: one step a layer, nothing folded, nothing fused.
  public init(layersOf graph: Graph<LayerOperation>) {
    self.init(graph, steps: graph.nodes.map(Step.init))
  }
}
