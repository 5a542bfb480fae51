import Foundation

/// The path of a fixture.
func fixture(_ name: String) throws -> String {
  let folder = Bundle.module.resourceURL?.appendingPathComponent("Fixtures")
  guard let path = folder?.appendingPathComponent(name).path else {
    throw CocoaError(.fileNoSuchFile)
  }
  return path
}

/// The bytes of a fixture.
func bytes(of name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: try fixture(name))))
}

/// Lends the path of a file that does not exist yet, in a folder that is removed afterwards.
@discardableResult
func withTemporaryPath<Result>(
  _ name: String, _ body: (String) throws -> Result
) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.appendingPathComponent(name).path)
}

/// Lends the path of a file that holds `bytes`.
@discardableResult
func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
  try withTemporaryPath("picture") { path in
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return try body(path)
  }
}
