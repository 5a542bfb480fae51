import Glibc

/// What a command took.
struct Cost {
  /// From its start to its end, in seconds.
  let seconds: Double
  /// The most memory that it had resident at once, mapped files included, in bytes.
  let memory: Int
}

/// A command that could not be started or did not end well.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// Runs `command` to its end (wraps `posix_spawn` and `wait4`).
///
/// The system counts the memory of the parent at its start as the child's, so this program must stay
/// smaller than what it measures. Throws ``Failure``.
func run(_ command: [String]) throws -> Cost {
  var arguments: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) } + [nil]
  defer { for index in 0..<command.count { unsafe free(arguments[index]) } }
  let clock = ContinuousClock()
  let start = clock.now
  var child: pid_t = 0
  guard unsafe posix_spawnp(&child, command[0], nil, nil, &arguments, environ) == 0 else {
    throw Failure(description: "\(command[0]): cannot be started")
  }
  var status: Int32 = 0
  var usage = rusage()
  guard unsafe wait4(child, &status, 0, &usage) == child, status == 0 else {
    throw Failure(description: "\(command.joined(separator: " ")): ended with status \(status)")
  }
  let duration = (clock.now - start).components
  return Cost(
    seconds: Double(duration.seconds) + Double(duration.attoseconds) / 1e18,
    memory: usage.ru_maxrss * 1024)
}
