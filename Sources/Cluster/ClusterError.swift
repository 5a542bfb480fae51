public import Files

/// What can keep processes from working together.
public enum ClusterError: DiagnosticError, Equatable {
  /// A call of the library that carries messages failed.
  case library(call: String, reason: String)
  /// Several processes were started of a tool that was built without the library.
  case notBuilt(count: Int)
  /// The library finds another number of processes than what started them.
  case launch(expected: Int, found: Int)
  /// Several processes were started for work that is not shared.
  case notShared(count: Int)
  /// Process `rank` of `count` could not do its share; `lines`, `fault` and `hint` are those of its
  /// own error. All processes throw it.
  case share(rank: Int, count: Int, lines: [String], fault: Fault, hint: String)
  /// What process `rank` handed over cannot be understood.
  case malformedShare(rank: Int, reason: String)

  public var description: String {
    switch self {
    case .library(let call, let reason): "\(call): \(reason)"
    case .notBuilt(let count):
      "expected one process, found \(count): this tool was built without MPI"
    case .launch(let expected, let found):
      "expected \(expected) processes as started, found \(found) that MPI brings together"
    case .notShared(let count):
      "expected one process, since this work is not shared, found \(count)"
    case .share: lines.listed
    case .malformedShare(let rank, let reason):
      "process \(rank): expected its share of the results, found other contents: \(reason)"
    }
  }

  /// Of a share, what the process said itself; and which it was, unless it is the first.
  public var lines: [String] {
    guard case .share(let rank, let count, let lines, _, _) = self else { return [description] }
    return rank == 0 ? lines : lines + ["in process \(rank) of \(count), counted from 0"]
  }

  public var fault: Fault {
    switch self {
    case .library, .malformedShare: .internalDefect
    case .notBuilt, .launch, .notShared: .usage
    case .share(_, _, _, let fault, _): fault
    }
  }

  public var hint: String {
    switch self {
    case .library: "look at what the other processes said, and at that of mpirun"
    case .notBuilt: "build with MPI (make MPI=1 build), or start the tool by itself"
    case .launch: "start the tool with mpirun, or with srun --mpi=pmix"
    case .notShared: "start the tool by itself, without mpirun or srun"
    case .share(_, _, _, _, let hint): hint
    case .malformedShare: "start the same build of the tool on every machine"
    }
  }

  /// Whether every process of the group throws it, so that one of them can speak for all.
  public var isOfAll: Bool {
    if case .share = self { true } else { false }
  }
}
