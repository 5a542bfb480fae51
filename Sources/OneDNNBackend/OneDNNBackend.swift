import COneDNN
public import Execution
import Networks

/// Runs programs with oneDNN on the CPU: blocked layouts, packed weights, fused primitives.
///
/// Results do not depend on the number of threads. Everything that the backend's programs do
/// happens on one thread of the backend's own; runs that are asked for at once wait for each other.
public struct OneDNNBackend: Backend {
  public static let name = "onednn"

  /// Whether this processor can accumulate 8-bit products exactly, as int8 needs.
  public static var runsIntegers: Bool { Processor.hasIntegerDotProducts }

  private let thread: OneDNNThread
  let library: Library
  private let arithmetic: Arithmetic

  /// A backend that computes with `threads` threads; nil: one for every physical core that the
  /// process may use. Where `arithmetic` is fast, convolutions use Winograd's algorithm where it
  /// is faster; oneDNN 3 has none on x86-64.
  ///
  /// Throws `ExecutionError.backend` when oneDNN cannot start.
  public init(threads: Int? = nil, arithmetic: Arithmetic = .exact) throws {
    (thread, library) = try Library.start(threads: threads)
    self.arithmetic = arithmetic
  }

  /// Prepares `program`; weights are packed when it first meets a size.
  ///
  /// Throws `ExecutionError.unsupported` for integers on a processor
  /// that cannot accumulate them exactly.
  public func compile(_ program: BoundProgram) throws -> any CompiledProgram {
    guard !program.hasIntegerSteps || Self.runsIntegers else {
      throw ExecutionError.unsupported(
        backend: Self.name, program: program.program.name,
        reason: "int8 needs a processor with VNNI; without it oneDNN's sums saturate")
    }
    return OneDNNProgram(program, arithmetic: arithmetic, thread: thread, library: library)
  }
}

/// What lives on the thread that everything is asked of.
final class Library: @unchecked Sendable {  // nothing else touches it
  let engine: Engine
  /// Changes layouts, for all programs.
  let store: ValueStore

  private init(engine: Engine) {
    self.engine = engine
    store = ValueStore(on: engine)
  }

  /// Starts oneDNN on a thread of its own, to compute with `threads` threads; nil: one for every
  /// physical core that the process may use.
  static func start(threads: Int?) throws -> (OneDNNThread, Library) {
    let count = Int32(clamping: max(1, threads ?? Processor.coreCount))
    let thread = OneDNNThread { omp_set_num_threads(count) }
    return try thread.run {
      try naming("starting") {
        // Layers of one geometry share a primitive; programs hold on to theirs by themselves.
        try check(
          "dnnl_set_primitive_cache_capacity", dnnl_set_primitive_cache_capacity(128))
        return (thread, Library(engine: try Engine()))
      }
    }
  }
}
