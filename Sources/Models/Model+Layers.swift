public import Execution
public import Networks
import Quantization

extension Model {
  /// The `layers` program of `graph` in binary32, bound to the weights, none of which is for int8.
  ///
  /// Throws what `BoundProgram` throws.
  public func layers(_ graph: Graph<LayerOperation>) throws -> BoundProgram {
    func widened(_ precision: Precision) -> Precision { precision == .w8 ? .w8 : .float32 }
    return try BoundProgram(
      Program(layersOf: graph, folding: foldedBatchNorms),
      plan: PrecisionPlan(
        widened(plan.standard), exceptions: plan.exceptions.mapValues(widened)),
      weights: weights)
  }
}
