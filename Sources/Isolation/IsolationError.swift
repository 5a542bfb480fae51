public import Files

/// What can go wrong with a process that parses a file apart from the tool.
public enum IsolationError: DiagnosticError, Equatable {
  /// The process cannot be started or confined.
  case unavailable(path: String, reason: String)
  /// The process ended without an answer when it read `path`.
  case died(path: String, library: String, reason: String)

  public var description: String {
    switch self {
    case .unavailable(let path, let reason):
      "\(path): no confined process to read it in (\(reason))"
    case .died(let path, let library, let reason):
      "\(path): \(library) failed on it: the process that read it \(reason)"
    }
  }

  public var fault: Fault {
    switch self {
    case .unavailable: .inputOutput
    case .died: .malformedInput
    }
  }

  public var hint: String {
    switch self {
    case .unavailable:
      "allow processes and seccomp; or, if you trust the file, read it with --in-process"
    case .died:
      "the file is damaged or was made to do harm, and did none here; export it again, or read it "
        + "with --in-process if you trust it"
    }
  }
}
