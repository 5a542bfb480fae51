public import Files

/// What can keep a network from being trained.
public enum TrainingError: DiagnosticError, Equatable {
  /// The loss is no number.
  case notFinite(step: Int, layer: String, checkpoint: String?)
  /// A learned scale is none: not a positive, normal number.
  case scale(of: String, found: Float)

  public var description: String {
    switch self {
    case .notFinite(let step, let layer, let checkpoint):
      "step \(step): the loss is not finite; the first layer that is not is '\(layer)'"
        + (checkpoint.map { "; the last good checkpoint is '\($0)'" } ?? "")
    case .scale(let name, let found):
      "the learned scale of '\(name)': expected a positive number, found \(found)"
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    "resume from the last good checkpoint with a lower --learning-rate or with --clip-gradients"
  }
}
