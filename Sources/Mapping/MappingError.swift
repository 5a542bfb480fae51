public import Files
public import Networks
public import STMModel

/// What can keep an export from being mapped onto the network.
public enum MappingError: DiagnosticError, Equatable {
  /// Two files give one name different contents.
  case contradiction(tensor: String, first: String, second: String)
  /// A tensor's elements have a type that the parameter cannot have.
  case elementType(tensor: String, source: String, expected: String, found: String)
  /// No network can be recognized in the export's tensors.
  case unrecognized(sources: [String], STMConfigurationError)
  /// Tensors have a type that the suite does not have; every reason is listed.
  case unreadable([String])
  /// The export does not fit the network; everything that is wrong is listed.
  case misfit(sources: [String], ParameterAudit)

  public var description: String {
    switch self {
    case .contradiction(let tensor, let first, let second):
      "tensor '\(tensor)': expected the same contents in \(first) and \(second), found different"
    case .elementType(let tensor, let source, let expected, let found):
      "\(source): tensor '\(tensor)': expected \(expected), found \(found)"
    case .unrecognized(let sources, let error):
      "\(sources.joined(separator: ", ")): \(error)"
    case .unreadable(let reasons): reasons.joined(separator: "\n  ")
    case .misfit(let sources, let audit):
      audit.explained(of: sources.joined(separator: ", "))
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    switch self {
    case .contradiction: "name the files of one export only"
    case .elementType, .unreadable: "export the model again in binary32"
    case .unrecognized(_, let error): error.hint
    case .misfit:
      "name every file of the export; --allow-missing GLOB and --allow-unexpected GLOB accept "
        + "what is known to differ"
    }
  }
}
