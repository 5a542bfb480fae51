import Files
import Foundation

/// What the tools print, and whether a person is watching.
public enum Terminal {
  /// Whether standard error is a terminal.
  static let showsErrors = isatty(STDERR_FILENO) != 0

  /// Writes `text` to standard output. Throws `FileError.writeFailed`.
  public static func write(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
      throw FileError.writeFailed(
        path: "standard output", reason: cause.localizedFailureReason ?? cause.localizedDescription)
    }
  }

  /// Writes `text` to standard error, if that can be written to.
  public static func writeError(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
