import Foundation
import TestSupport

/// The files beside these tests.
enum Fixture: FixtureFolder {
  static let bundle = Bundle.module
}

/// Lends the path of a file called `array.npy` that holds `bytes`.
func withArray(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
  try ScratchFolder.withFile(bytes, called: "array.npy", body)
}
