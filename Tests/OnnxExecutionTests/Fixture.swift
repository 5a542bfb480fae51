import Foundation
import TestSupport

/// The files beside these tests.
enum Fixture: FixtureFolder {
  static let bundle = Bundle.module

  /// The recorded cases: every model with a safetensors file beside it, as `TOPIC/NAME`, sorted.
  static var cases: [String] {
    let files =
      FileManager.default.enumerator(atPath: path(""))?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix(".safetensors") }.map { String($0.dropLast(12)) }.sorted()
  }
}
