public import Files

/// What can keep a model from being tuned.
public enum TuningError: DiagnosticError, Equatable {
  /// There is no clip to compare on.
  case noClips
  /// A report of stm-verify profile cannot be understood, or is not one for the model.
  case profile(path: String, problems: [String])
  /// A layer makes numbers that are not finite in every precision that it may have.
  case nonFinite(layer: String, precisions: [String])
  /// The profiles say nothing of a layer in a precision.
  case noTime(layer: String, precision: String, profiles: [String])
  /// A file of a search's state cannot be understood, or is that of another search.
  case state(path: String, what: String, expected: String, found: String)
  /// Nothing that was tried satisfies the constraints; the nearest that was found is described.
  case noPlan(constraints: String, tried: Int, nearest: String)

  public var description: String {
    switch self {
    case .noClips: "expected at least one clip to compare on, found none"
    case .profile, .noPlan: lines.listed
    case .nonFinite(let layer, let precisions):
      "layer '\(layer)' in \(precisions.joined(separator: " or ")): expected finite logits over the "
        + "clips, found others"
    case .noTime(let layer, let precision, let profiles):
      "layer '\(layer)' in \(precision): expected its time in a profile, found profiles of "
        + (profiles.isEmpty ? "nothing" : profiles.joined(separator: ", "))
    case .state(let path, let what, let expected, let found):
      "\(path): search state: \(what): expected \(expected), found \(found)"
    }
  }

  public var lines: [String] {
    switch self {
    case .profile(let path, let problems):
      problems.count == 1
        ? ["\(path): profile: \(problems[0])"]
        : ["\(path): profile: \(problems.count) problems"] + problems
    case .noPlan(let constraints, let tried, let nearest):
      ["no plan of \(tried) tried has \(constraints)", "nearest: \(nearest)"]
    default: [description]
    }
  }

  public var fault: Fault {
    switch self {
    case .noClips: .usage
    case .profile, .nonFinite, .noTime, .state: .malformedInput
    case .noPlan: .unmet
    }
  }

  public var hint: String {
    switch self {
    case .noClips: "name a clip: a folder with frames/ and masks/"
    case .profile:
      "write it with: stm-verify profile MODEL --report FILE, a model in one precision"
    case .nonFinite: "let it be in fp32 or bf16, with --keep or --candidates"
    case .noTime: "profile a model in that precision, or leave it out of --candidates"
    case .state: "name another file to begin a new search"
    case .noPlan: "allow more, let --candidates name other precisions, or raise --max-evaluations"
    }
  }
}
