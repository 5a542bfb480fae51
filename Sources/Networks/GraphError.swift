public import Files

/// What can be wrong with a graph.
public enum GraphError: DiagnosticError, Equatable {
  /// A value is read that nothing before the reader makes.
  case unknownValue(graph: String, value: String, reader: String)
  /// A value comes from two places: inputs, constants or nodes.
  case madeTwice(graph: String, value: String)

  public var description: String {
    switch self {
    case .unknownValue(let graph, let value, let reader):
      "graph '\(graph)': \(reader) reads value '\(value)', which nothing before it makes"
    case .madeTwice(let graph, let value):
      "graph '\(graph)': value '\(value)' is made twice, expected once"
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String { "export the graph again; its nodes must be in topological order" }
}
