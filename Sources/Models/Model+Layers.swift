public import Execution
public import Networks
import Quantization
import STMModel

extension Model {
  /// The `layers` program of `graph` in binary32, bound to the weights.
  ///
  /// Throws what `BoundProgram` throws.
  public func layers(_ graph: Graph<LayerOperation>) throws -> BoundProgram {
    try BoundProgram(
      Program(layersOf: graph, folding: foldedBatchNorms), precision: .float32, weights: weights)
  }
}
