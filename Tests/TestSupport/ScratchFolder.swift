import Foundation

/// A folder of its own for one test.
public struct ScratchFolder {
  /// Its path.
  public let path: String

  /// Calls `body` with an empty folder, which is removed afterwards.
  @discardableResult
  public static func with<Result>(_ body: (ScratchFolder) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(ScratchFolder(path: url.path))
  }

  /// Calls `body` with the path of a file called `name` that is not there yet, in such a folder.
  @discardableResult
  public static func withPath<Result>(
    _ name: String, _ body: (String) throws -> Result
  ) throws -> Result {
    try with { try body($0.file(name)) }
  }

  /// Calls `body` with the path of a file called `name` that holds `bytes`, in such a folder.
  @discardableResult
  public static func withFile<Result>(
    _ bytes: [UInt8], called name: String = "file", _ body: (String) throws -> Result
  ) throws -> Result {
    try with { try body(try $0.write(bytes, to: name)) }
  }

  /// The path that `name` has in the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Puts `bytes` into a file of the folder; returns its path.
  @discardableResult
  public func write(_ bytes: [UInt8], to name: String = "file") throws -> String {
    try Data(bytes).write(to: URL(filePath: file(name)))
    return file(name)
  }

  /// The bytes of a file of the folder.
  public func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: file(name))))
  }

  /// The names in the folder.
  public var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }
}
