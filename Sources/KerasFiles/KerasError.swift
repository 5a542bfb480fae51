public import Files

/// What can be wrong with a Keras file, beyond what is wrong with the HDF5 file or archive itself.
public enum KerasError: DiagnosticError, Equatable {
  /// The configuration is not what Keras writes.
  case malformedConfiguration(path: String, layer: String, reason: String)
  /// The configuration and the variables, or two names of one layer, contradict each other.
  case contradiction(path: String, layer: String, reason: String)
  /// The file names variables that it does not have.
  case missing(path: String, layer: String, found: String)
  /// Two datasets are the same variable.
  case duplicateVariable(path: String, layer: String, name: String)
  /// The layers cannot be put in an order in which each follows what it reads.
  case cycle(path: String, layers: [String])
  /// The file uses something that is not read.
  case unsupported(path: String, layer: String, found: String)

  public var description: String {
    switch self {
    case .malformedConfiguration(let path, let layer, let reason):
      "\(path): model configuration: layer '\(layer)': \(reason)"
    case .contradiction(let path, let layer, let reason): "\(path): layer '\(layer)': \(reason)"
    case .missing(let path, let layer, let found):
      "\(path): layer '\(layer)': expected its variables, found \(found)"
    case .duplicateVariable(let path, let layer, let name):
      "\(path): layer '\(layer)': variable '\(name)' is present twice, expected once"
    case .cycle(let path, let layers):
      "\(path): expected layers without cycles, found one among "
        + layers.map { "'\($0)'" }.joined(separator: ", ")
    case .unsupported(let path, let layer, let found):
      "\(path): layer '\(layer)': \(found) is not read"
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    switch self {
    case .malformedConfiguration, .missing, .cycle:
      "the file is damaged or was edited; save the model again with Keras"
    case .contradiction, .duplicateVariable:
      "the file was put together from two models; save the model again with Keras"
    case .unsupported: "save the weights with model.save_weights(\"model.weights.h5\")"
    }
  }
}
