import Foundation
import Synchronization

/// The processes that were started together with this one: the one place that decides between one
/// and several.
public enum ProcessGroups {
  private static let joinedGroup = Mutex<(any ProcessGroup)?>(nil)

  /// How many processes were started together, as `mpirun` or `srun` say; 1 where neither started
  /// this one.
  public static var launchedCount: Int {
    LaunchedProcesses(ProcessInfo.processInfo.environment).count
  }

  /// The group that was joined, of several processes; nil before, and where there is one process.
  public static var joined: (any ProcessGroup)? { joinedGroup.withLock(\.self) }

  /// The group of the processes that were started together; the first call joins it.
  ///
  /// Throws ``ClusterError/notBuilt(count:)`` where there are several and the package's trait MPI is
  /// off, ``ClusterError/launch(expected:found:)`` where they do not find one another, or
  /// ``ClusterError/library(call:reason:)``.
  public static func current() throws -> any ProcessGroup {
    let count = launchedCount
    guard count > 1 else { return SingleProcess() }
    return try joinedGroup.withLock { joined in
      if let joined { return joined }
      let group = try several(count)
      joined = group
      return group
    }
  }

  #if MPI
    private static func several(_ count: Int) throws -> any ProcessGroup {
      let group = try MPIProcesses()
      guard group.count == count else {
        throw ClusterError.launch(expected: count, found: group.count)
      }
      return group
    }
  #else
    private static func several(_ count: Int) throws -> any ProcessGroup {
      throw ClusterError.notBuilt(count: count)
    }
  #endif
}
