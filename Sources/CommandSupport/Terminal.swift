import Foundation

/// Standard error, and whether a person is watching it.
enum Terminal {
  /// Whether standard error is a terminal.
  static let showsErrors = isatty(STDERR_FILENO) != 0

  /// Writes `text` to standard error.
  static func writeError(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}
