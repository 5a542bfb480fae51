public import Files

/// What can be wrong with a zip archive.
public enum ZipError: DiagnosticError, Equatable {
  /// No end record is where an archive has it.
  case notAnArchive(path: String, size: Int)
  /// The directory contradicts itself or the file.
  case malformed(path: String, reason: String)
  /// A member contradicts its entry in the directory.
  case malformedMember(path: String, member: String, reason: String)
  /// The archive, or one member of it, uses a part of the format that is not read.
  case unsupported(path: String, member: String?, found: String)
  /// Two members have the same name.
  case duplicateName(path: String, member: String)
  /// A member's bytes do not have the CRC-32 of the directory.
  case checksum(path: String, member: String, expected: UInt32, found: UInt32)
  /// The archive asks for more than the limits of reading allow.
  case beyondLimit(FileError)
  /// From `member` on, an archive that is to be written exceeds `limit`.
  case tooLarge(path: String, member: String, limit: String)

  public var description: String {
    switch self {
    case .notAnArchive(let path, let size):
      "\(path): expected the end record of a zip archive, found none in its \(size) bytes"
    case .malformed(let path, let reason): "\(path): zip directory: \(reason)"
    case .malformedMember(let path, let member, let reason):
      "\(path): zip member '\(member)': \(reason)"
    case .unsupported(let path, nil, let found):
      "\(path): expected a zip archive of one part, found \(found)"
    case .unsupported(let path, let member?, let found):
      "\(path): zip member '\(member)': expected a stored or deflated member, found \(found)"
    case .duplicateName(let path, let member):
      "\(path): zip member '\(member)' is present twice, expected each name once"
    case .checksum(let path, let member, let expected, let found):
      "\(path): zip member '\(member)': expected the CRC-32 \(hex(expected)), found \(hex(found))"
    case .beyondLimit(let error): error.description
    case .tooLarge(let path, let member, let limit):
      "\(path): zip member '\(member)': expected an archive of at most \(limit), found more"
    }
  }

  public var fault: Fault {
    if case .tooLarge = self { .cannotCreateOutput } else { .malformedInput }
  }

  public var hint: String {
    switch self {
    case .unsupported:
      "write the archive again: one part, not encrypted, stored or deflated"
    case .beyondLimit(let error): error.hint
    case .tooLarge: "write less into it, or write safetensors"
    case .duplicateName: "write the archive again with a name of its own for each member"
    default: "the file is cut short or damaged; copy it again, or write it anew"
    }
  }
}

private func hex(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
