public import Files

/// What can keep an ONNX graph from running.
public enum OnnxExecutionError: DiagnosticError, Equatable {
  /// A node's operator, or an option of it, is not supported; `reason` says what exactly.
  case unsupported(path: String, node: String, operation: String, opset: Int, reason: String)
  /// The model needs a version of an operator set that the suite does not know.
  case operatorSet(path: String, domain: String, found: Int?, known: String)
  /// What a node is given does not fit it.
  case malformed(path: String, node: String, operation: String, reason: String)
  /// The run lacks an input of the graph.
  case missingInput(path: String, input: String)
  /// An input of the run is not what the graph asks for.
  case input(path: String, input: String, expected: String, found: String)
  /// A constant that the graph reads is of a type that the suite does not have.
  case unreadableConstant(path: String, node: String, constant: String, reason: String)
  /// A number of nodes cannot run, for the reasons given.
  case several(path: String, [OnnxExecutionError])

  public var description: String {
    switch self {
    case .unsupported(let path, let node, let operation, let opset, let reason):
      "\(path): node '\(node)' (\(operation), operator set \(opset)): \(reason)"
    case .operatorSet(let path, let domain, let found, let known):
      "\(path): operator set '\(domain.isEmpty ? "ai.onnx" : domain)': expected version \(known), "
        + "found \(found.map(String.init) ?? "none")"
    case .malformed(let path, let node, let operation, let reason):
      "\(path): node '\(node)' (\(operation)): \(reason)"
    case .missingInput(let path, let input): "\(path): input '\(input)' is missing"
    case .input(let path, let input, let expected, let found):
      "\(path): input '\(input)': expected \(expected), found \(found)"
    case .unreadableConstant(let path, let node, let constant, let reason):
      "\(path): node '\(node)' reads constant '\(constant)': \(reason)"
    case .several: lines.listed
    }
  }

  public var lines: [String] {
    guard case .several(let path, let errors) = self else { return [description] }
    return ["\(path): \(errors.count) nodes cannot run:"]
      + errors.prefix(20).map { "\($0.description.dropFirst(path.count + 2))" }
      + (errors.count > 20 ? ["and \(errors.count - 20) more"] : [])
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    switch self {
    case .unsupported, .several, .unreadableConstant:
      "export the model in binary32 for an older operator set, or without the optimizations of "
        + "one runtime"
    case .operatorSet: "export the model for another operator set, for example opset_version=17"
    case .malformed: "the graph contradicts itself; check it with onnx.checker and export it again"
    case .missingInput, .input: "give every input of the graph in the type and shape it declares"
    }
  }
}

/// Why one operator cannot run. The interpreter adds the file and the node.
enum OperatorFailure: Error, Equatable {
  /// The suite has no such operator, option or element type.
  case unsupported(String)
  /// The operands or settings contradict one another, or the operator's definition.
  case malformed(String)
}
