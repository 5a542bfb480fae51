import Files
import Foundation
import TestSupport

/// The files beside these tests.
enum Fixture: FixtureFolder {
  static let bundle = Bundle.module
}

/// Lends a file that holds `bytes`.
func withFile(_ bytes: [UInt8], _ body: (FileBytes) throws -> Void) throws {
  try ScratchFolder.withFile(bytes) { try body(try FileBytes(path: $0)) }
}
