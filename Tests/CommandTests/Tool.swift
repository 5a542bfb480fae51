import Foundation
import Testing

/// A tool of the suite, as built beside these tests.
enum Tool: String, CaseIterable, CustomTestStringConvertible {
  case convert = "stm-convert"
  case quantize = "stm-quantize"
  case verify = "stm-verify"
  case segment = "stm-segment"
  case evaluate = "stm-evaluate"
  case train = "stm-train"

  var testDescription: String { rawValue }

  /// The folder of the build: executables and this bundle.
  static let folder = Bundle.main.bundleURL

  /// The path of the executable.
  var path: String { Self.folder.appendingPathComponent(rawValue).path }

  /// Runs the tool in the folder `path` and waits for its end. Standard output is kept, or goes to
  /// the file `printing`.
  ///
  /// Waiting keeps a thread, so that no more tools run at once than there are cores.
  func run(
    _ arguments: [String], in path: String, printing file: String? = nil
  ) async throws -> Run {
    try Run(Process(self.path, arguments, in: path), printing: file)
  }
}
