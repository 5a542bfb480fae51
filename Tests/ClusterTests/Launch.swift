import Foundation

/// What processes left behind.
struct Launch {
  /// The exit code.
  let code: Int32
  /// The lines of standard output, in order of their contents.
  let output: [String]
  /// Standard error.
  let errors: String

  /// Runs the probe's `action` in one process with these variables added to its environment.
  init(_ action: String, environment: [String: String] = [:]) throws {
    try self.init(
      Bundle.main.bundleURL.appending(path: "stm-cluster-probe").path, [action], environment)
  }

  /// Runs the probe's `action` in `count` processes that `mpirun` starts.
  init(_ action: String, processes count: Int) throws {
    let probe = Bundle.main.bundleURL.appending(path: "stm-cluster-probe").path
    try self.init(
      "/usr/bin/env",
      ["mpirun", "-n", "\(count)", "--oversubscribe", "--bind-to", "none", "--allow-run-as-root"]
        + [probe, action], [:])
  }

  private init(
    _ executable: String, _ arguments: [String], _ environment: [String: String]
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    self.errors = String(
      decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    self.output = text.split(separator: "\n").map(String.init).sorted()
    code = process.terminationReason == .exit ? process.terminationStatus : -1
  }
}
