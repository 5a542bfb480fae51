import Foundation

/// A folder of its own for one test, removed with the last reference.
final class Scratch: Sendable {
  private let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of the file `name`.
  subscript(name: String) -> String { url.appending(path: name).path }
}
