import Foundation
import Testing

/// The files beside these tests.
enum Fixture {
  private static var folder: String {
    Bundle.module.resourceURL?.appending(path: "Fixtures").path() ?? "Fixtures"
  }

  /// The path of `name` under `Fixtures`.
  static func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// The recorded cases: every model with a safetensors file beside it, as `TOPIC/NAME`, sorted.
  static var cases: [String] {
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix(".safetensors") }.map { String($0.dropLast(12)) }.sorted()
  }
}
