import Foundation

/// The files beside the tests, and throwaway files made of bytes.
enum Fixture {
  /// The path of `name` in the folder `Fixtures`.
  static func path(_ name: String) -> String {
    Bundle.module.bundleURL.appending(path: "Fixtures/\(name)").path
  }

  /// The bytes of `name` in the folder `Fixtures`.
  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(name))))
  }

  /// Calls `body` with a function that puts bytes into a file of its own and returns its path.
  static func withScratchFile(_ body: (([UInt8]) throws -> String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    try body { bytes in
      try Data(bytes).write(to: file)
      return file.path
    }
  }
}
