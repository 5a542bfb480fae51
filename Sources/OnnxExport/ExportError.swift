public import Files
import OnnxFiles

/// What can keep a model from being exported.
public enum ExportError: DiagnosticError, Equatable {
  /// The model holds integers, which the target has no place for.
  case integers(path: String, precision: String)
  /// The target is for models that hold integers, and this one holds none.
  case noIntegers(path: String, precision: String)
  /// The version of the operator set is not one of those that can be written.
  case operatorSet(found: Int)
  /// A memory read is limited to the best entries, which the graphs do not express.
  case topK(graph: String, step: String, limit: Int)

  public var description: String {
    switch self {
    case .integers(let path, let precision):
      "\(path): precision: expected fp32, fp16 or bf16 for a graph without quantization, found "
        + precision
    case .noIntegers(let path, let precision):
      "\(path): precision: expected integers for a graph with quantization, found "
        + precision
    case .operatorSet(let found):
      "operator set: expected \(OnnxDocument.operatorSets.lowerBound) to "
        + "\(OnnxDocument.operatorSets.upperBound), found \(found)"
    case .topK(let graph, let step, let limit):
      "graph '\(graph)': step '\(step)': expected a memory read of all entries, found one of the "
        + "\(limit) best"
    }
  }

  public var fault: Fault {
    if case .operatorSet = self { .usage } else { .malformedInput }
  }

  public var hint: String {
    switch self {
    case .integers: "export it with --to onnx-qdq, or the model that it was made from"
    case .noIntegers: "export it with --to onnx, or quantize it first with stm-quantize"
    case .operatorSet: "17 is a version that most runtimes have"
    case .topK: "export the model without a limit"
    }
  }
}
