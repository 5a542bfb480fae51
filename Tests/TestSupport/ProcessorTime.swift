import Glibc

/// The processor's time that this thread takes, which nothing else on the machine makes longer.
public enum ProcessorTime {
  /// What `body` took, all of which must run in this thread.
  public static func taken(by body: () throws -> Void) rethrows -> Duration {
    let start = now
    try body()
    return now - start
  }

  /// What this thread took until now.
  public static var now: Duration {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
