public import Files
public import Images

/// What can keep masks from being scored.
public enum EvaluationError: DiagnosticError, Equatable {
  /// A folder holds neither masks nor folders of masks.
  case noMasks(path: String)
  /// One path is that of a sequence, the other of several.
  case notAlike(single: String, several: String)
  /// A description of a data set cannot be understood.
  case metadata(path: String, reason: String)
  /// All that is wrong with the masks, at least one problem.
  case problems([EvaluationProblem])

  /// How many problems are told.
  static let shownProblems = 50

  public var description: String {
    switch self {
    case .noMasks(let path):
      "\(path): expected masks such as 00000.png, or folders of them, found none"
    case .notAlike(let single, let several):
      "\(single): expected a folder for each sequence as in \(several), found masks"
    case .metadata(let path, let reason): "\(path): \(reason)"
    case .problems(let problems):
      problems.count == 1 ? problems[0].description : lines.listed
    }
  }

  public var lines: [String] {
    guard case .problems(let problems) = self, problems.count > 1 else { return [description] }
    let shown = problems.prefix(Self.shownProblems).map(\.description)
    let rest = problems.count - shown.count
    return ["masks: \(problems.count) problems"] + shown + (rest > 0 ? ["and \(rest) more"] : [])
  }

  public var fault: Fault {
    switch self {
    case .noMasks: .missingInput
    case .notAlike: .usage
    case .metadata: .malformedInput
    case .problems(let problems):
      problems.contains { $0.fault == .malformedInput } ? .malformedInput : problems[0].fault
    }
  }

  public var hint: String {
    switch self {
    case .noMasks:
      "name a folder of indexed PNGs, of folders of them, or one with Annotations in it"
    case .notAlike: "name two folders of masks, or two with a folder for each sequence"
    case .metadata: "give the meta.json of YouTube-VOS, or leave it out"
    case .problems(let problems): problems[0].hint
    }
  }
}

/// One thing that is wrong with masks to be scored.
public enum EvaluationProblem: Hashable, Sendable, Codable {
  /// A sequence has no ground truth.
  case noTruth(sequence: String, path: String)
  /// A sequence was not predicted.
  case noPrediction(sequence: String, path: String)
  /// The ground truth has too few frames for any to count.
  case tooFewFrames(path: String, found: Int, expected: Int)
  /// The mask of a frame that counts is missing.
  case missingMask(path: String)
  /// A file cannot be read or is not a mask; `reason` names it.
  case unreadable(reason: String, fault: Fault, hint: String)
  /// A mask's size is not that of the ground truth.
  case size(path: String, expected: ImageSize, found: ImageSize)
  /// The ground truth marks no object; `largest` is the largest value in it.
  case noObject(path: String, largest: UInt8)
  /// A mask holds an id that is none of an object of the ground truth.
  case unknownObject(path: String, id: UInt8, known: [UInt8])
  /// The description of the data set says nothing of a sequence.
  case notDescribed(sequence: String, path: String)
  /// The description of the data set does not say what an object is.
  case noCategory(sequence: String, id: UInt8, path: String)
}

extension EvaluationProblem: DiagnosticError {
  public var description: String {
    switch self {
    case .noTruth(let sequence, let path):
      "\(path): sequence '\(sequence)': expected masks of the ground truth, found none"
    case .noPrediction(let sequence, let path):
      "\(path): sequence '\(sequence)': expected a folder of predicted masks, found none"
    case .tooFewFrames(let path, let found, let expected):
      "\(path): ground truth: expected at least \(expected) masks, found \(found)"
    case .missingMask(let path): "\(path): expected a mask, found none"
    case .unreadable(let reason, _, _): reason
    case .size(let path, let expected, let found):
      "\(path): expected a mask of \(expected) pixels as the ground truth, found \(found)"
    case .noObject(let path, let largest):
      largest == 0
        ? "\(path): ground truth: expected ids of objects, found zeros"
        : "\(path): ground truth: expected ids of objects, found \(largest), which is void"
    case .unknownObject(let path, let id, let known):
      "\(path): expected ids of the objects of the ground truth, "
        + "\(known.map(String.init).joined(separator: ", ")), found \(id)"
    case .notDescribed(let sequence, let path):
      "\(path): sequence '\(sequence)': expected its objects, found none"
    case .noCategory(let sequence, let id, let path):
      "\(path): sequence '\(sequence)': expected the category of object \(id), found none"
    }
  }

  public var fault: Fault {
    switch self {
    case .noTruth, .noPrediction, .missingMask: .missingInput
    case .unreadable(_, let fault, _): fault
    default: .malformedInput
    }
  }

  public var hint: String {
    switch self {
    case .noTruth: "check the names of the sequences"
    case .noPrediction:
      "segment the sequence, or choose others with --sequences, as in ImageSets/2017/val.txt"
    case .tooFewFrames: "score a longer sequence, or the first and last frame, too"
    case .missingMask: "give every mask the name of its frame, as in the ground truth"
    case .unreadable(_, _, let hint): hint
    case .size: "scale the mask to the size of the ground truth, without smoothing"
    case .noObject(_, let largest):
      largest == 0
        ? "use a ground truth whose first mask marks the objects"
        : "masks of 0 and 255 are those of DAVIS-2016: use --protocol davis-2016"
    case .unknownObject(_, let id, _):
      id == 255
        ? "masks of 0 and 255 are those of DAVIS-2016: use --protocol davis-2016"
        : "use the ids of the ground truth's first mask; the DAVIS evaluation refuses others, too"
    case .notDescribed, .noCategory: "use the meta.json that came with the ground truth"
    }
  }
}
