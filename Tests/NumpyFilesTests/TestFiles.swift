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

/// Lends the path of a file called `array.npy` that holds `bytes`.
func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let url = folder.appendingPathComponent("array.npy")
  try Data(bytes).write(to: url)
  try body(url.path)
}

/// An array of version 1.0 whose dictionary is `text`.
func array(_ text: String, elements: [UInt8] = [0, 0, 0, 0]) -> [UInt8] {
  let header = Array(text.utf8)
  return [0x93] + Array("NUMPY".utf8) + [
    1, 0, UInt8(header.count % 256), UInt8(header.count / 256),
  ]
    + header + elements
}
