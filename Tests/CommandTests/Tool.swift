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

  /// Runs the tool in the folder `path` and waits for its end.
  ///
  /// Waiting keeps a thread, so that no more tools run at once than there are cores; idle threads
  /// of a tool sleep, so that they do not keep the others from working. Standard output is kept, or
  /// goes to the file `printing`.
  func run(
    _ arguments: [String], in path: String, printing file: String? = nil
  ) async throws -> Run {
    let process = Process()
    process.executableURL = Self.folder.appendingPathComponent(rawValue)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["OMP_WAIT_POLICY": "passive"]
    ) { $1 }
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (try TemporaryOutput(), try TemporaryOutput())
    process.standardOutput =
      try file.map {
        try FileHandle(forWritingTo: URL(fileURLWithPath: $0))
      } ?? output.handle
    process.standardError = errors.handle
    try process.run()
    process.waitUntilExit()
    return Run(
      code: process.terminationReason == .exit ? process.terminationStatus : -1,
      output: try output.text, errors: try errors.text)
  }
}

/// What a run of a tool left behind.
struct Run {
  /// The exit code, or -1 when a signal ended it.
  let code: Int32
  /// Standard output.
  let output: String
  /// Standard error.
  let errors: String

  /// Standard output as a JSON object.
  var json: [String: Any] {
    get throws {
      let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return value as? [String: Any] ?? [:]
    }
  }
}

/// A file for what a process prints: unlike a pipe it never fills up.
struct TemporaryOutput {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  let handle: FileHandle

  init() throws {
    try Data().write(to: url)
    handle = try FileHandle(forWritingTo: url)
  }

  /// What was printed; the file is gone afterwards.
  var text: String {
    get throws {
      defer { try? FileManager.default.removeItem(at: url) }
      try handle.close()
      return String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }
  }
}
