public import Files
public import Tensors

/// What can be wrong with the parameters that a step needs.
public enum ParameterError: DiagnosticError, Equatable {
  /// No tensor has this name.
  case missing(String)
  /// The tensor has another shape than the layer.
  case shape(String, source: String, expected: Shape, found: Shape)
  /// An element of the tensor cannot be computed with.
  case value(String, source: String, expected: String, found: Float, index: Int)

  public var description: String {
    switch self {
    case .missing(let name): "parameter '\(name)' is missing"
    case .shape(let name, let source, let expected, let found):
      "\(source): tensor '\(name)': expected shape \(expected), found \(found)"
    case .value(let name, let source, let expected, let found, let index):
      "\(source): tensor '\(name)': expected \(expected), found \(found) at element \(index)"
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    switch self {
    case .missing, .shape: "list what the file holds with: stm-convert inspect FILE"
    case .value: "the weights are damaged, or training diverged; export the model again"
    }
  }
}
