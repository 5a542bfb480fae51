public import Files

/// What can be wrong with an HDF5 file.
public enum HDF5Error: DiagnosticError, Equatable, Codable {
  /// The file does not have the signature of HDF5.
  case notHDF5(path: String)
  /// libhdf5 cannot read `object`; `reason` is its own.
  case unreadable(path: String, object: String, reason: String)
  /// `object` contradicts itself or the file.
  case malformed(path: String, object: String, reason: String)
  /// `object` is something that the suite does not read.
  case unsupported(path: String, object: String, reason: String)
  /// The file asks for more than it may.
  case beyondLimit(FileError)
  /// `object` is something that the suite does not write.
  case unwritable(path: String, object: String, reason: String)

  public var description: String {
    switch self {
    case .notHDF5(let path): "\(path): expected an HDF5 file, found something else"
    case .unreadable(let path, let object, let reason):
      "\(path): '\(object)': libhdf5 cannot read it (\(reason))"
    case .beyondLimit(let error): error.description
    case .malformed(let path, let object, let reason),
      .unsupported(let path, let object, let reason),
      .unwritable(let path, let object, let reason):
      "\(path): '\(object)': \(reason)"
    }
  }

  public var fault: Fault {
    if case .unwritable = self { .cannotCreateOutput } else { .malformedInput }
  }

  public var hint: String {
    switch self {
    case .notHDF5, .unreadable, .malformed:
      "the file is damaged or is not HDF5; copy it or export it again"
    case .unsupported:
      "write the weights as plain datasets of numbers, each under a name of its own"
    case .beyondLimit(let error): error.hint
    case .unwritable: "write safetensors"
    }
  }
}
