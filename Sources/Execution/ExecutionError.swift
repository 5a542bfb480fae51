public import Files
public import Tensors

/// What can keep a program from running.
public enum ExecutionError: DiagnosticError, Equatable {
  /// An input is missing.
  case missingInput(program: String, input: String)
  /// An input's shape does not fit the step that reads it.
  case shape(step: String, expected: String, found: Shape)
  /// What should take the place of a step's value does not have its shape.
  case replacement(step: String, expected: Shape, found: Shape)
  /// The program has no such step.
  case noStep(program: String, step: String)
  /// The backend cannot run this program on this machine.
  case unsupported(backend: String, program: String, reason: String)
  /// The library behind a backend refused or failed.
  case backend(name: String, step: String, reason: String)

  public var description: String {
    switch self {
    case .missingInput(let program, let input):
      "program '\(program)': expected input '\(input)', found none"
    case .shape(let step, let expected, let found):
      "step '\(step)': expected an input of \(expected), found \(found)"
    case .replacement(let step, let expected, let found):
      "step '\(step)': expected a replacement of shape \(expected), found \(found)"
    case .noStep(let program, let step): "program '\(program)' has no step '\(step)'"
    case .unsupported(let backend, let program, let reason):
      "backend \(backend) cannot run program '\(program)' here: \(reason)"
    case .backend(let name, let step, let reason): "backend \(name), step '\(step)': \(reason)"
    }
  }

  public var fault: Fault {
    switch self {
    case .missingInput, .shape, .replacement, .noStep: .malformedInput
    case .unsupported: .usage
    case .backend: .internalDefect
    }
  }

  public var hint: String {
    switch self {
    case .missingInput, .shape: "frames must be padded to a multiple of 16 and masks must fit them"
    case .replacement: "compare models of one configuration on frames of one size"
    case .noStep: "name a step as the report of stm-verify --json does"
    case .unsupported: "choose --backend reference, which is slow and runs everywhere"
    case .backend: "try --backend reference, and report the difference"
    }
  }
}
