public import ArgumentParser
import Cluster
import Foundation

/// A command whose work several processes can share, when `mpirun` or `srun` starts them.
///
/// All of them run the command. Only the first prints and writes files: the command asks its
/// `ProcessGroup` which it is before it writes; what the others print goes nowhere.
public protocol SharedCommand: ParsableCommand {
  /// Whether the work that the arguments ask for is shared.
  var sharesWork: Bool { get }
}

extension SharedCommand {
  public var sharesWork: Bool { true }
}

/// The tool as one of several processes.
enum Processes {
  /// How long another process than the first keeps an error to itself: most are those of all, and
  /// the first then says it and ends them.
  private static let patience: UInt32 = 2

  /// Joins the processes that were started together to run `command`.
  ///
  /// Throws `ClusterError` where there are several and `command` does not share its work, or what
  /// joining throws.
  static func join(for command: any ParsableCommand) throws {
    let count = ProcessGroups.launchedCount
    guard count > 1 else { return }
    guard (command as? any SharedCommand)?.sharesWork == true else {
      throw ClusterError.notShared(count: count)
    }
    guard try !ProcessGroups.current().isFirst else { return }
    let nowhere = unsafe open("/dev/null", O_WRONLY)
    dup2(nowhere, STDOUT_FILENO)
    close(nowhere)
  }

  /// Ends this process after an error with exit code `code`; `say` tells a person of it.
  ///
  /// Of an error of all processes (`isOfAll`) the first one speaks. After any other the rest are ended
  /// as well, since they would wait for this one for ever.
  static func fail(code: Int32, isOfAll: Bool, say: () -> Void) -> Never {
    guard let group = ProcessGroups.joined else {
      say()
      exit(code)
    }
    if isOfAll {
      if group.isFirst { say() }
      exit(code)
    }
    if !group.isFirst { sleep(patience) }
    say()
    group.abort(code)
    exit(code)
  }
}
