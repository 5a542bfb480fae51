import Files
import Foundation

/// The bytes of a fixture.
func bytes(of name: String) throws -> [UInt8] {
  let folder = Bundle.module.resourceURL?.appendingPathComponent("Fixtures")
  guard let url = folder?.appendingPathComponent(name) else { throw CocoaError(.fileNoSuchFile) }
  return [UInt8](try Data(contentsOf: url))
}

/// Lends a file that holds `bytes`.
func withFile(_ bytes: [UInt8], _ body: (FileBytes) throws -> Void) throws {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try Data(bytes).write(to: url)
  defer { try? FileManager.default.removeItem(at: url) }
  try body(try FileBytes(path: url.path))
}
