import Foundation

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

extension Run {
  /// Runs `process` to its end. Standard output is kept, or goes to the file `printing`.
  init(_ process: Process, printing file: String? = nil) throws {
    let (output, errors) = (try TemporaryOutput(), try TemporaryOutput())
    process.standardOutput =
      try file.map {
        try FileHandle(forWritingTo: URL(fileURLWithPath: $0))
      } ?? output.handle
    process.standardError = errors.handle
    try process.run()
    process.waitUntilExit()
    self.init(code: process.exitCode ?? -1, output: try output.text, errors: try errors.text)
  }
}

extension Process {
  /// A process of `program` that is to run in the folder `path`, with `variables` in its environment
  /// and nothing to read.
  ///
  /// Idle threads of a tool sleep, so that they do not keep the others from working.
  convenience init(
    _ program: String, _ arguments: [String], in path: String, variables: [String: String] = [:]
  ) {
    self.init()
    executableURL = URL(fileURLWithPath: program)
    self.arguments = arguments
    currentDirectoryURL = URL(fileURLWithPath: path)
    environment = ProcessInfo.processInfo.environment.merging(["OMP_WAIT_POLICY": "passive"]) { $1 }
      .merging(variables) { $1 }
    standardInput = FileHandle.nullDevice
  }

  /// The exit code of a process that has ended; nil where a signal ended it.
  var exitCode: Int32? { terminationReason == .exit ? terminationStatus : nil }
}

/// A file for what a process prints: unlike a pipe it never fills up.
private struct TemporaryOutput {
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
