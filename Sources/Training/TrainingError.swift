public import Files

/// What can keep a network from being trained.
public enum TrainingError: DiagnosticError, Equatable {
  /// The loss of a clip is no number; `layer` is the first value of the forward run that is not
  /// finite, or `loss`. Steps are counted from 0.
  case notFinite(step: Int, clip: String, layer: String, checkpoint: String?)
  /// The loss is a number, but its gradient by a parameter is not. Steps are counted from 0.
  case gradientNotFinite(step: Int, parameter: String, checkpoint: String?)
  /// A step left a number that is not finite; `tensor` is the first such, as a checkpoint calls it.
  /// Steps are counted from 0.
  case stateNotFinite(step: Int, tensor: String, checkpoint: String?)
  /// The moments of batch norms are asked for that are part of convolutions.
  case foldedBatchNorms(path: String, layers: [String])
  /// A batch norm met a single number a channel, which has no variance.
  case singleElement(clip: String, layer: String)
  /// A learned scale is none: not a positive, normal number.
  case scale(of: String, found: Float)
  /// The checkpoint at `path` is of another model, or of a training with other settings; everything
  /// that differs is listed.
  case otherTraining(path: String, [TrainingDifference])
  /// The file at `path` is no checkpoint, or holds what no training writes.
  case malformedCheckpoint(path: String, problems: [String])
  /// The folder at `path`, for a training that begins, has checkpoints, the last after `step` steps.
  case folderInUse(path: String, step: Int)
  /// A line of the log of metrics at `path` is not what a training writes there.
  case malformedMetrics(path: String, line: Int, reason: String)
  /// The log of metrics at `path` ends before the checkpoint that the training goes on from.
  case metricsMissing(path: String, expected: Int, found: Int)

  public var description: String { lines.listed }

  public var lines: [String] {
    switch self {
    case .notFinite(let step, let clip, let layer, let checkpoint):
      [
        "step \(step + 1): the loss of '\(clip)' is not finite; the first layer that is not is "
          + "'\(layer)'" + Self.explained(checkpoint)
      ]
    case .gradientNotFinite(let step, let parameter, let checkpoint):
      [
        "step \(step + 1): the gradient by '\(parameter)' is not finite"
          + Self.explained(checkpoint)
      ]
    case .stateNotFinite(let step, let tensor, let checkpoint):
      [
        "step \(step + 1): '\(tensor)' is not finite after the step"
          + Self.explained(checkpoint)
      ]
    case .foldedBatchNorms(let path, let layers):
      [
        "\(path): batch norms of the batch: expected batch norms by themselves, found "
          + "\(layers.count) folded into convolutions, the first '\(layers.first ?? "")'"
      ]
    case .singleElement(let clip, let layer):
      ["'\(clip)', batch norm '\(layer)': expected more than one number a channel, found one"]
    case .scale(let name, let found):
      ["the learned scale of '\(name)': expected a positive number, found \(found)"]
    case .otherTraining(let path, let differences):
      Self.lines("\(path): checkpoint of another training", differences.map(\.description))
    case .malformedCheckpoint(let path, let problems):
      Self.lines("\(path): malformed checkpoint", problems)
    case .folderInUse(let path, let step):
      ["\(path): expected a folder without checkpoints, found one of step \(step)"]
    case .malformedMetrics(let path, let line, let reason):
      ["\(path): line \(line): \(reason)"]
    case .metricsMissing(let path, let expected, let found):
      ["\(path): expected the metrics of \(expected) steps, found those of \(found)"]
    }
  }

  private static func explained(_ checkpoint: String?) -> String {
    checkpoint.map { "; the last good checkpoint is '\($0)'" } ?? ""
  }

  /// One problem behind `title`, or several below it.
  private static func lines(_ title: String, _ problems: [String]) -> [String] {
    problems.count == 1 ? ["\(title): \(problems[0])"] : [title] + problems
  }

  public var fault: Fault {
    if case .folderInUse = self { .cannotCreateOutput } else { .malformedInput }
  }

  public var hint: String {
    switch self {
    case .notFinite(_, _, _, .some), .gradientNotFinite(_, _, .some), .stateNotFinite(_, _, .some):
      "add --resume, and a lower --learning-rate or --clip-gradients"
    case .notFinite(0, _, _, nil):
      "look for the layer's first number that is not finite with stm-verify locate"
    case .notFinite, .gradientNotFinite, .stateNotFinite:
      "train with a lower --learning-rate or with --clip-gradients"
    case .foldedBatchNorms: "train with frozen batch norms: --batch-norm frozen"
    case .singleElement: "train on frames of at least 32x32, or with --batch-norm frozen"
    case .scale: "train with a lower --learning-rate, or calibrate the model again"
    case .otherTraining(_, let differences)
    where differences.allSatisfy { $0.name.hasPrefix("files.") }:
      "put the files back as they were, or go on with others: --allow-other-files"
    case .otherTraining:
      "resume with the model and the options that the training began with, or begin another one"
    case .malformedCheckpoint: "resume from an earlier checkpoint of the folder"
    case .folderInUse: "go on with --resume, or name another folder"
    case .malformedMetrics: "the log was edited or is of something else; name another"
    case .metricsMissing:
      "put the log that belongs to the checkpoint back, or begin another training"
    }
  }

  /// The number of steps after which a checkpoint is of no use any more, since this error comes again
  /// from there; nil: the error is not one of numbers.
  public var firstFailedStep: Int? {
    switch self {
    case .notFinite(let step, _, _, _), .gradientNotFinite(let step, _, _): step
    case .stateNotFinite(let step, _, _): step + 1
    default: nil
    }
  }

  /// The same error with the last good checkpoint, where that helps.
  public func naming(checkpoint: String?) -> TrainingError {
    switch self {
    case .notFinite(let step, let clip, let layer, _):
      .notFinite(step: step, clip: clip, layer: layer, checkpoint: checkpoint)
    case .gradientNotFinite(let step, let parameter, _):
      .gradientNotFinite(step: step, parameter: parameter, checkpoint: checkpoint)
    case .stateNotFinite(let step, let tensor, _):
      .stateNotFinite(step: step, tensor: tensor, checkpoint: checkpoint)
    default: self
    }
  }
}
