public import ArgumentParser
import Files
import Segmentation

/// Which sequences of a set are taken.
public struct SequenceOptions: ParsableArguments {
  @Option(
    name: .customLong("sequences"),
    help: ArgumentHelp(
      "Take these sequences only: a file with a name a line, or names with commas between.",
      valueName: "file|names"))
  var list: String?

  public init() {}

  /// Whether all are taken.
  public var takesAll: Bool { list == nil }

  /// The file that names them; nil: there is none.
  public var file: String? {
    list.flatMap { FilePath.exists($0) && !Folder.exists(at: $0) ? $0 : nil }
  }

  /// Their names in the order given; nil: all are taken.
  ///
  /// Throws `FileError`, `ClipError`, or `ValidationError` for names that make no sense.
  public func names() throws -> [String]? {
    guard let list else { return nil }
    let names =
      try file.map { try NameList(path: $0).names } ?? list.split(separator: ",").map(String.init)
    var seen: Set<String> = []
    for name in names {
      guard !name.contains("/") else {
        throw ValidationError(
          "--sequences: expected a file with a name a line, or names with commas between, "
            + "found '\(name)', which is neither a file nor a name")
      }
      guard seen.insert(name).inserted else {
        throw ValidationError("--sequences: expected each sequence once, found '\(name)' twice")
      }
    }
    guard !names.isEmpty else { throw ClipError.noNames(path: "--sequences") }
    return names
  }
}
