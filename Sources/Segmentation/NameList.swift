import Files
import Foundation

/// Names of clips, of sequences or of categories.
public struct NameList: Sendable {
  /// The names in their order.
  public let names: [String]

  /// The names in the text file at `path`, one a line; empty lines are left out.
  ///
  /// Throws `FileError`, ``ClipError/notAName(path:line:found:)`` or ``ClipError/noNames(path:)``.
  public init(path: String) throws {
    let file = try FileBytes(path: path)
    let text = file.withBytes { span in
      unsafe span.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
    names = try text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated().compactMap { index, line in
        let name = line.trimmingCharacters(in: .whitespaces)
        guard !name.contains("/") else {
          throw ClipError.notAName(path: path, line: index + 1, found: name)
        }
        return name.isEmpty ? nil : name
      }
    guard !names.isEmpty else { throw ClipError.noNames(path: path) }
  }
}
