import COneDNN
import Synchronization

/// The threads that ``OneDNNGradientKernels`` computes with.
///
/// OpenMP's team size belongs to the calling thread, so it is said anew with every call; nothing
/// moves to another thread.
struct GradientTeam {
  /// How many there are.
  let threads: Int

  /// Has oneDNN compute with these threads from here on.
  func begin() { omp_set_num_threads(Int32(clamping: threads)) }

  /// Runs `body` while oneDNN computes with one thread, in which it adds up in one order.
  func alone<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    omp_set_num_threads(1)
    defer { begin() }
    return try body()
  }

  /// Calls `body` with each number below `count`, spread over the threads; what each call asks of
  /// oneDNN is done by one thread. Calls happen at once; what they write must not depend on the
  /// order. Of several failures, that of the lowest number is thrown.
  func forEach(
    _ count: Int, _ body: (Int) throws(LibraryFailure) -> Void
  ) throws(LibraryFailure) {
    guard threads > 1, count > 1 else {
      return try alone { () throws(LibraryFailure) in
        for index in 0..<count { try body(index) }
      }
    }
    let first = Mutex<(index: Int, failure: LibraryFailure)?>(nil)
    Team.forEach(count) { index in
      do throws(LibraryFailure) { try body(index) } catch {
        first.withLock { known in
          if known.map({ $0.index > index }) ?? true { known = (index, error) }
        }
      }
    }
    if let failure = first.withLock({ $0?.failure }) { throw failure }
  }
}
