/// What can go wrong with a file before its contents are understood.
public enum FileError: DiagnosticError, Equatable, Codable {
  /// Nothing is at `path`.
  case notFound(path: String)
  /// `path` exists and cannot be read.
  case unreadable(path: String, reason: String)
  /// `path` is a folder where a file was expected.
  case aFolder(path: String)
  /// `path` is a device or a pipe, or in a folder of a stranger's a folder, where a regular file
  /// was expected.
  case notARegularFile(path: String)
  /// `path` is what was downloaded in place of the file.
  case standIn(path: String, StandIn)
  /// `path`, whose end a file names, is not a plain file of the folder that it has to be in.
  case notContained(path: String, reason: String)
  /// `path` is a file where a folder was expected.
  case notAFolder(path: String)
  /// `part` of the file at `path` is not the JSON that is expected there.
  case malformedJSON(path: String, part: String, reason: String)
  /// `object` in the file at `path` asks for more than ``ReadingLimits`` allow.
  case beyondLimit(
    path: String, object: String, limit: ReadingLimits.Key, allowed: Int, found: Int)
  /// A name or text that `object` holds has too many combining marks in a row to be compared.
  case notStreamSafe(path: String, object: String)
  /// The output `path` cannot be created.
  case cannotCreate(path: String, reason: String)
  /// Writing to `path` failed after it was created; the partial file was removed.
  case writeFailed(path: String, reason: String)

  public var description: String {
    switch self {
    case .notFound(let path): "\(path): no such file or folder"
    case .unreadable(let path, let reason): "\(path): cannot be read (\(reason))"
    case .aFolder(let path): "\(path): expected a file, found a folder"
    case .notARegularFile(let path): "\(path): expected a regular file, found something else"
    case .standIn(let path, let found):
      "\(path): expected the file itself, found \(found.rawValue)"
    case .notAFolder(let path): "\(path): expected a folder, found a file"
    case .notContained(let path, let reason):
      "\(path): expected a plain file within the folder, but \(reason)"
    case .malformedJSON(let path, let part, let reason): "\(path): \(part): \(reason)"
    case .beyondLimit(let path, let object, let limit, let allowed, let found):
      "\(path): \(object): expected at most \(allowed) \(limit.noun), found \(found)"
    case .notStreamSafe(let path, let object):
      "\(path): \(object): expected text with at most \(String.mostMarks) combining marks in a row, "
        + "found more"
    case .cannotCreate(let path, let reason): "\(path): cannot be created (\(reason))"
    case .writeFailed(let path, let reason): "\(path): writing failed (\(reason))"
    }
  }

  public var fault: Fault {
    switch self {
    case .notFound, .unreadable, .aFolder, .notARegularFile, .notAFolder: .missingInput
    case .standIn, .notContained, .malformedJSON, .beyondLimit, .notStreamSafe: .malformedInput
    case .cannotCreate: .cannotCreateOutput
    case .writeFailed: .inputOutput
    }
  }

  public var hint: String {
    switch self {
    case .notFound(let path): Self.hintForMissing(path)
    case .unreadable: "check the permissions of the file and of the folders above it"
    case .aFolder(let path): Self.hintForFolder(path)
    case .notARegularFile: "name the file itself, not its folder"
    case .standIn(_, let found): found.hint
    case .notContained: "put a copy of the file itself there; links and ways out are not followed"
    case .malformedJSON: "the file is damaged or was edited; write it again"
    case .beyondLimit(_, _, let limit, _, _):
      "if you trust the file, raise '\(limit.rawValue)' in a JSON file that --limits names"
    case .notStreamSafe: "the file is damaged or was made to do harm; give its names in plain text"
    case .notAFolder(let path):
      "name the folder that holds it: \(FilePath.parent(of: path).shellWord)"
    case .cannotCreate(let path, let reason): Self.hintForOutput(path, reason)
    case .writeFailed: "check the free space of the disk; no half-written file was left"
    }
  }
}
