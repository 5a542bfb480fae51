public import Files

/// What can keep a network from being trained.
public enum TrainingError: DiagnosticError, Equatable {
  /// The loss is no number.
  case notFinite(step: Int, layer: String, checkpoint: String?)

  public var description: String {
    switch self {
    case .notFinite(let step, let layer, let checkpoint):
      "step \(step): the loss is not finite; the first layer that is not is '\(layer)'"
        + (checkpoint.map { "; the last good checkpoint is '\($0)'" } ?? "")
    }
  }

  public var fault: Fault { .malformedInput }

  public var hint: String {
    "resume from the last good checkpoint with a lower --learning-rate or with --clip-gradients"
  }
}
