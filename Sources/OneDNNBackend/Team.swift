import COneDNN
import Synchronization

/// The team of threads that oneDNN computes with, for loops of our own: between its primitives the
/// team waits in a loop, and threads of another kind would have to share the processors with it.
enum Team {
  /// Calls `body` with each number below `count`, spread over the team of the calling thread.
  ///
  /// Calls happen at once; what they write must not depend on the order.
  static func forEach(_ count: Int, _ body: (Int) -> Void) {
    guard count > 1 else {
      if count == 1 { body(0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      var loop = Loop(count: count, body: body)
      unsafe withUnsafeMutablePointer(to: &loop) { pointer in
        unsafe pointer.pointee.order.store(0, ordering: .releasing)
        unsafe GOMP_parallel(
          { context in
            guard let context = unsafe context else { return }
            let loop = unsafe context.assumingMemoryBound(to: Loop.self)
            _ = unsafe loop.pointee.order.load(ordering: .acquiring)
            let (thread, threads) = (Int(omp_get_thread_num()), Int(omp_get_num_threads()))
            let count = unsafe loop.pointee.count
            let (low, high) = (count * thread / threads, count * (thread + 1) / threads)
            for index in low..<high { unsafe loop.pointee.body(index) }
            unsafe loop.pointee.order.wrappingAdd(1, ordering: .releasing)
          }, pointer, 0, 0)
        _ = unsafe pointer.pointee.order.load(ordering: .acquiring)
      }
    }
  }

  private struct Loop: ~Copyable {
    let count: Int
    let body: (Int) -> Void

    /// What the team's start and end order anyway, once more where ThreadSanitizer sees it: libgomp
    /// is none of what it looks into.
    let order = Atomic(0)
  }
}
