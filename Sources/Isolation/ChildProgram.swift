import CSandbox
import Files
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

  /// How a process ended, and what it handed over.
  public struct Outcome: Sendable {
    /// How it ended.
    public let ending: Ending
    /// The bytes that it handed over; nil where it did not hand over all that it announced, or
    /// announced nothing or too much.
    public let output: [UInt8]?
  }

  /// The path of the program.
  public let executable: String

  /// The program at `executable`.
  public init(executable: String) { self.executable = executable }

  /// The program that is running, started once more.
  public static let current = ChildProgram(executable: "/proc/self/exe")

  /// Starts the program with `arguments` and waits for its end, at most for `seconds`.
  ///
  /// Its descriptors 3, 4, ... are `descriptors`, and the next one is for what it hands over: a
  /// count, eight bytes little-endian, at most `byteLimit`, and then so many bytes. It has no others,
  /// no input and no output. The variables of the environment that libraries of files read
  /// (`HDF5_*`) are left out. Throws ``IsolationError`` when it cannot be started to read the file
  /// at `path`.
  public func run(
    _ arguments: [String], descriptors: [Int32], byteLimit: Int, seconds: Int, reading path: String
  ) throws(IsolationError) -> Outcome {
    let deadline = ContinuousClock.now + .seconds(seconds)
    let (process, output) = try output(
      of: arguments, descriptors: descriptors, byteLimit: byteLimit, until: deadline, reading: path)
    return Outcome(
      ending: try ending(of: process, until: deadline, reading: path), output: output)
  }

  /// Starts the program and takes what it hands over, to which nothing can be added then: a program
  /// that writes on is ended by `SIGPIPE`.
  private func output(
    of arguments: [String], descriptors: [Int32], byteLimit: Int,
    until deadline: ContinuousClock.Instant, reading path: String
  ) throws(IsolationError) -> (process: pid_t, [UInt8]?) {
    let pipe = try OutputPipe(reading: path)
    let process = try start(
      arguments, descriptors: descriptors + [pipe.input.number], reading: path)
    pipe.input.close()
    return (process, pipe.output.bytes(atMost: byteLimit, until: deadline))
  }

  /// Waits for the end of `process`, which is killed at the `deadline`.
  private func ending(
    of process: pid_t, until deadline: ContinuousClock.Instant, reading path: String
  ) throws(IsolationError) -> Ending {
    let begin = ContinuousClock.now
    var status: Int32 = 0
    while true {
      let ended = unsafe waitpid(process, &status, WNOHANG)
      guard ended >= 0 || errno == EINTR else { throw Self.unavailable(path, errno) }
      if ended == process { break }
      let now = ContinuousClock.now
      if now > deadline {
        _ = kill(process, SIGKILL)
        while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return .late
      }
      usleep(UInt32(min(max((now - begin) / .microseconds(16), 100), 2_000)))
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
