import Dispatch
import Foundation

/// A thread that runs what it is given, one after the other.
///
/// OpenMP's team size belongs to the thread that sets it, so everything that oneDNN is asked to do
/// is asked on one such thread.
final class OneDNNThread: Sendable {
  private let jobs = JobQueue()

  /// Starts the thread and has it run `prepare` first.
  init(prepare: @escaping @Sendable () -> Void) {
    let jobs = jobs
    Thread {
      prepare()
      jobs.serve()
    }.start()
  }

  deinit { jobs.close() }

  /// Runs `body` on the thread and waits for it; called on the thread itself, runs it at once.
  func run<Result>(_ body: () throws -> Result) throws -> Result {
    guard !jobs.isServedHere else { return try body() }
    return try withoutActuallyEscaping(body) { body in
      // The caller waits, so `body` and its result are used by one thread at a time.
      nonisolated(unsafe) let body = body
      nonisolated(unsafe) var result: Swift.Result<Result, any Error>?
      let job = Job { unsafe result = Swift.Result { try unsafe body() } }
      jobs.add(job)
      job.wait()
      guard let result = unsafe result else { preconditionFailure("the job did not run") }
      return try result.get()
    }
  }
}

/// Something to be run once. Nothing of it is left when `wait` returns.
private final class Job: @unchecked Sendable {  // `body` belongs to the thread that runs it
  private var body: (() -> Void)?
  private let done = DispatchSemaphore(value: 0)

  init(_ body: @escaping () -> Void) { self.body = body }

  func run() {
    body?()
    body = nil
    done.signal()
  }

  func wait() { done.wait() }
}

/// Jobs in the order in which they came.
private final class JobQueue: @unchecked Sendable {  // every property is guarded by `condition`
  private let condition = NSCondition()
  private var jobs: [Job] = []
  private var isClosed = false
  private var server: Thread?

  var isServedHere: Bool { condition.withLock { server === Thread.current } }

  func add(_ job: Job) {
    condition.withLock { jobs.append(job) }
    condition.signal()
  }

  func close() {
    condition.withLock { isClosed = true }
    condition.signal()
  }

  /// Runs jobs on the calling thread until the queue is closed.
  func serve() {
    condition.withLock { server = Thread.current }
    while let job = next() { job.run() }
  }

  private func next() -> Job? {
    condition.withLock {
      while jobs.isEmpty && !isClosed { condition.wait() }
      return jobs.isEmpty ? nil : jobs.removeFirst()
    }
  }
}
