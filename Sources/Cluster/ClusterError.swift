public import Files

/// What can keep processes from working together.
public enum ClusterError: DiagnosticError, Equatable {
  /// A call of the library that carries messages failed.
  case library(call: String, reason: String)

  public var description: String {
    switch self {
    case .library(let call, let reason): "\(call): \(reason)"
    }
  }

  public var fault: Fault { .internalDefect }

  public var hint: String { "look at what the other processes said, and at that of mpirun" }
}
