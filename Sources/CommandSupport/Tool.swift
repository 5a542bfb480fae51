public import ArgumentParser
import Cluster
import Files
import Foundation
import HDF5Files

/// How every tool of the suite starts and ends.
public enum Tool {
  /// The version of the suite.
  public static let version = "0.1.0"

  /// Exit code of a run whose gates did not all hold.
  public static let gateFailed = ExitCode(1)

  /// What `--help` says of exit codes.
  public static let exitCodes = """
    EXIT CODES
      0   done, and every gate held
      1   done, and a gate failed
      64  the command line is wrong
      65  an input file is malformed or does not fit the model
      66  an input is missing or unreadable
      70  a defect of the tool
      73  the output cannot be created
      74  an input or output error; nothing half-written is left
    """

  /// Runs the command that the arguments name and exits.
  ///
  /// An error is two lines on standard error: `TOOL: error: WHAT` and `hint: WHAT TO DO`; several
  /// problems at once have a line each between them. Files above
  /// the limit that the process was given (RLIMIT_FSIZE) are such an error, and no signal ends it. Of
  /// several processes that share a command (``SharedCommand``) the first one speaks for all.
  public static func run<Root: ParsableCommand>(_ root: Root.Type) -> Never {
    HDF5Child.runIfAsked()
    let name = root._commandName
    _ = signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try root.parseAsRoot()
      try Processes.join(for: command)
      try command.run()
      Foundation.exit(0)
    } catch let error as any DiagnosticError {
      fail(
        name, error.lines, hint: hint(of: error, root), code: error.fault.exitCode,
        isOfAll: (error as? ClusterError)?.isOfAll ?? false)
    } catch {
      let code = root.exitCode(for: error)
      if code == .validationFailure { failUsage(root, error) }
      if error is ExitCode || code != .failure { root.exit(withError: error) }
      fail(name, ["\(error)"], hint: "this is a defect of the tool; please report it", code: 70)
    }
  }

  private static func failUsage<Root: ParsableCommand>(
    _ root: Root.Type, _ error: any Error
  ) -> Never {
    let (lines, hint) = usage(root, error)
    fail(root._commandName, lines, hint: hint, code: ExitCode.validationFailure.rawValue)
  }

  /// What is wrong with the command line, and what to do about it: what a review finds, or else
  /// what `error` says; the parser's last line says which command's `--help` to read.
  private static func usage<Root: ParsableCommand>(
    _ root: Root.Type, _ error: any Error
  ) -> (lines: [String], hint: String) {
    let message = root.message(for: error)
    if let review = review(root, message) { return ([review.problem], review.hint) }
    let lines = message.split(separator: "\n").map(String.init)
    if let last = lines.last, last.hasPrefix(ValidationError.hintMark) {
      return (lines.dropLast(), String(last.dropFirst(ValidationError.hintMark.count)))
    }
    let advice = root.fullMessage(for: error).split(separator: "\n").last ?? ""
    guard advice.contains("See") else { return (lines, "see '\(root._commandName) --help'") }
    return (
      lines,
      String(advice.drop { $0 == " " }).replacing("See", with: "see", maxReplacements: 1)
    )
  }

  /// What to do about `error`; the first argument may be a misspelled subcommand that was taken for
  /// a file.
  private static func hint(
    of error: any DiagnosticError, _ root: any ParsableCommand.Type
  ) -> String {
    guard case .notFound(let path)? = error as? FileError,
      path == CommandLine.arguments.dropFirst().first
    else { return error.hint }
    return review(root, error.description)?.hint ?? error.hint
  }

  private static func review(
    _ root: any ParsableCommand.Type, _ message: String
  ) -> CommandLineReview? {
    CommandOutline(of: root).flatMap { outline in
      CommandLineReview(
        of: Array(CommandLine.arguments.dropFirst()), for: outline, refusedWith: message)
    }
  }

  private static func fail(
    _ name: String, _ lines: [String], hint: String, code: Int32, isOfAll: Bool = false
  ) -> Never {
    Processes.fail(code: code, isOfAll: isOfAll) {
      Terminal.writeError(Message(from: name, lines, hint: hint).text)
    }
  }
}

extension Fault {
  /// The exit code of BSD `sysexits.h`.
  var exitCode: Int32 {
    switch self {
    case .unmet: Tool.gateFailed.rawValue
    case .usage: 64
    case .malformedInput: 65
    case .missingInput: 66
    case .internalDefect: 70
    case .cannotCreateOutput: 73
    case .inputOutput: 74
    }
  }
}
