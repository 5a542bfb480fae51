#if MPI
  import COpenMPI
  import Dispatch
  import Synchronization

  /// The processes that `mpirun` or `srun` started together, which exchange messages through OpenMPI.
  ///
  /// Calls from all threads are made one after another, in the order in which they came. A sum that was
  /// begun is added up by a thread of its own while others compute. OpenMPI's order of additions
  /// follows from the number of processes and of elements alone, and every process is given the same
  /// bytes, so that two runs with as many processes have the same sums.
  final class MPIProcesses: ProcessGroup {
    let rank: Int
    let count: Int

    private let calls = DispatchQueue(label: "Cluster.MPIProcesses")

    /// Joins the other processes (MPI_Init_thread). To be called once in a process; the process then
    /// ends when all do (MPI_Finalize). Throws ``ClusterError/library(call:reason:)``.
    init() throws(ClusterError) {
      var (rank, count) = (Int32(0), Int32(0))
      var failure = unsafe copenmpi_failure()
      guard unsafe copenmpi_start(&rank, &count, &failure) else {
        throw unsafe ClusterError(failure)
      }
      self.rank = Int(rank)
      self.count = Int(count)
    }

    func beginSum(_ numbers: [Float]) -> any PendingSum {
      let sum = Sum()
      calls.async(execute: sum.work(on: numbers))
      return sum
    }

    func sum(_ numbers: [Double]) throws -> [Double] {
      try calls.sync {
        var sums = numbers
        try unsafe check { failure in
          unsafe sums.withUnsafeMutableBufferPointer { buffer in
            unsafe copenmpi_sum_doubles(buffer.baseAddress, buffer.count, failure)
          }
        }
        return sums
      }
    }

    func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
      try calls.sync {
        var counts = [UInt64](repeating: 0, count: count)
        try unsafe check { failure in
          unsafe counts.withUnsafeMutableBufferPointer { buffer in
            unsafe copenmpi_gather_count(UInt64(bytes.count), buffer.baseAddress, failure)
          }
        }
        return try counts.enumerated().map { root, count in
          let own = root == rank ? bytes : [UInt8](repeating: 0, count: Int(count))
          return try broadcast(own, from: root)
        }
      }
    }

    func broadcast(_ bytes: [UInt8]) throws -> [UInt8] {
      try gather(isFirst ? bytes : [])[0]
    }

    func barrier() throws {
      try calls.sync { try unsafe check { failure in unsafe copenmpi_barrier(failure) } }
    }

    func abort(_ status: Int32) { copenmpi_abort(status) }

    /// What `root` calls this with; the others call it with as many bytes.
    private func broadcast(_ bytes: [UInt8], from root: Int) throws(ClusterError) -> [UInt8] {
      var received = bytes
      try unsafe check { failure in
        unsafe received.withUnsafeMutableBufferPointer { buffer in
          unsafe copenmpi_broadcast(buffer.baseAddress, buffer.count, Int32(root), failure)
        }
      }
      return received
    }
  }

  /// A sum that a thread adds up.
  private final class Sum: PendingSum, Sendable {
    private let result = Mutex<Result<[Float], ClusterError>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    /// What adds up `numbers`.
    func work(on numbers: [Float]) -> @Sendable () -> Void {
      {
        var sums = numbers
        let result = Result { () throws(ClusterError) in
          try unsafe check { failure in
            unsafe sums.withUnsafeMutableBufferPointer { buffer in
              unsafe copenmpi_sum_floats(buffer.baseAddress, buffer.count, failure)
            }
          }
          return sums
        }
        self.result.withLock { $0 = result }
        self.done.signal()
      }
    }

    func wait() throws -> [Float] {
      done.wait()
      guard let result = result.withLock({ $0.take() }) else {
        preconditionFailure("waited for twice")
      }
      return try result.get()
    }
  }

  /// Makes a call of the library. Throws ``ClusterError/library(call:reason:)``.
  private func check(
    _ call: (UnsafeMutablePointer<copenmpi_failure>) -> Bool
  ) throws(ClusterError) {
    var failure = unsafe copenmpi_failure()
    guard unsafe call(&failure) else { throw unsafe ClusterError(failure) }
  }

  extension ClusterError {
    fileprivate init(_ failure: copenmpi_failure) {
      let reason = unsafe withUnsafeBytes(of: failure.message) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      let call = unsafe failure.call.map { unsafe String(cString: $0) }
      self = .library(call: call ?? "MPI", reason: reason)
    }
  }
#endif
