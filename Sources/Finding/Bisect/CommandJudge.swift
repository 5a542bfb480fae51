import Foundation

/// A command that says whether a model will do.
///
/// It is run by the shell with the model's path in the place of every `{}`, or behind it where there
/// is none. Like `git bisect run` it says so by its exit code: 0 it will do, 1 to 124 it will not, 125
/// it cannot be judged; any other, and a signal, ends the search.
public struct CommandJudge: Sendable {
  /// The command.
  public let command: String
  private let isQuiet: Bool

  /// A judge that runs `command`, whose output goes to standard error, or nowhere where `isQuiet`.
  public init(_ command: String, isQuiet: Bool) {
    self.command = command
    self.isQuiet = isQuiet
  }

  /// What the command says of the file at `path`.
  ///
  /// Throws ``FindingError/judge(command:found:)``.
  func outcome(of path: String) throws -> DeltaDebugging.Outcome {
    let quoted = "'" + path.replacing("'", with: "'\\''") + "'"
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [
      "-c",
      command.contains("{}") ? command.replacing("{}", with: quoted) : "\(command) \(quoted)",
    ]
    process.standardInput = FileHandle.nullDevice
    let sink = isQuiet ? FileHandle.nullDevice : FileHandle.standardError
    process.standardOutput = sink
    process.standardError = sink
    do {
      try process.run()
    } catch {
      throw FindingError.judge(command: command, found: error.localizedDescription)
    }
    process.waitUntilExit()
    let code = process.terminationStatus
    guard process.terminationReason == .exit else {
      throw FindingError.judge(command: command, found: "signal \(code)")
    }
    switch code {
    case 0: return .holds
    case 1...124: return .fails
    case 125: return .unresolved
    default: throw FindingError.judge(command: command, found: "exit code \(code)")
    }
  }
}
