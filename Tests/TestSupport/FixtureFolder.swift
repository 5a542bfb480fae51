public import Foundation

/// The folder `Fixtures` beside the tests of one target, and throwaway files made of bytes.
public protocol FixtureFolder {
  /// The target's own bundle: `Bundle.module`.
  static var bundle: Bundle { get }
}

extension FixtureFolder {
  /// The path of `name` in the folder.
  public static func path(_ name: String) -> String {
    bundle.bundleURL.appending(path: "Fixtures/\(name)").path
  }

  /// The bytes of `name` in the folder.
  public static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path(name))))
  }

  /// Calls `body` with a function that puts bytes into a file of its own and returns its path.
  public static func withScratchFile(_ body: (([UInt8]) throws -> String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    try body { bytes in
      try Data(bytes).write(to: file)
      return file.path
    }
  }
}
