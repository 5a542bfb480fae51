import CSandbox
import Glibc

/// A program that is started to read a file of a stranger, so that a fault there ends it alone.
public struct ChildProgram: Sendable, Hashable {
  /// How a process ended.
  public enum Ending: Sendable, Hashable {
    /// By itself, with this status.
    case exited(Int32)
    /// By a signal: a fault, or a limit of the system.
    case killed(Int32)
    /// It was killed after the time that it had.
    case late
  }

  /// The path of the program.
  public let executable: String

  /// The program at `executable`.
  public init(executable: String) { self.executable = executable }

  /// The program that is running, started once more.
  public static let current = ChildProgram(executable: "/proc/self/exe")

  /// Starts the program with `arguments` and waits for its end, at most for `seconds`.
  ///
  /// Its descriptors 3, 4, ... are `descriptors`; it has no others, no input and no output. The
  /// variables of the environment that libraries of files read
  /// (`HDF5_*`) are left out. Throws ``IsolationError`` when it cannot be started to read the file
  /// at `path`.
  public func run(
    _ arguments: [String], descriptors: [Int32], seconds: Int, reading path: String
  ) throws(IsolationError) -> Ending {
    let process = try start(arguments, descriptors: descriptors, reading: path)
    let clock = ContinuousClock()
    let begin = clock.now
    var status: Int32 = 0
    while true {
      let ended = unsafe waitpid(process, &status, WNOHANG)
      guard ended >= 0 || errno == EINTR else { throw Self.unavailable(path, errno) }
      if ended == process { break }
      let waited = clock.now - begin
      if waited > .seconds(seconds) {
        _ = kill(process, SIGKILL)
        while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return .late
      }
      usleep(UInt32(min(max(waited / .microseconds(16), 100), 2_000)))
    }
    let signal = status & 0x7F
    return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal)
  }

  /// Starts the program. The descriptors that it will have are made from copies with higher numbers,
  /// so that none replaces another.
  private func start(
    _ arguments: [String], descriptors: [Int32], reading path: String
  ) throws(IsolationError) -> pid_t {
    var copies: [Int32] = []
    defer { for copy in copies { _ = close(copy) } }
    for descriptor in descriptors {
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, Int32(3 + descriptors.count))
      guard copy >= 0 else { throw Self.unavailable(path, errno) }
      copies.append(copy)
    }
    let environment = Self.environment
    var process: pid_t = 0
    let status = unsafe Self.withStrings([executable] + arguments) { arguments in
      unsafe Self.withStrings(environment) { environment in
        unsafe csandbox_spawn(
          &process, executable, arguments, environment, copies, Int32(copies.count))
      }
    }
    guard status == 0 else { throw Self.unavailable(path, status) }
    return process
  }

  private static var environment: [String] {
    var variables: [String] = []
    var next = unsafe environ
    while let variable = unsafe next.pointee {
      let text = unsafe String(cString: variable)
      if !text.hasPrefix("HDF5_") { variables.append(text) }
      unsafe next += 1
    }
    return variables
  }

  /// Lends `texts` as C has them, with a null pointer behind the last.
  private static func withStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { preconditionFailure("no null pointer") }
      return unsafe body(start)
    }
  }

  private static func unavailable(_ path: String, _ code: Int32) -> IsolationError {
    .unavailable(path: path, reason: unsafe String(cString: strerror(code)))
  }
}
