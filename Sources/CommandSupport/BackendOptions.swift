public import ArgumentParser
public import Execution
import OneDNNBackend
public import Quantization

/// How a run computes.
public struct BackendOptions: ParsableArguments {
  /// The backends by name.
  public enum Choice: String, ExpressibleByArgument, CaseIterable {
    /// oneDNN where it can run the model, else plain loops.
    case auto
    /// oneDNN.
    case onednn
    /// Plain loops.
    case reference
  }

  @Option(
    help: """
      What computes: onednn is fast, reference is plain loops; auto is onednn, but reference for \
      models with int8 layers on a processor without VNNI, whatever their weights' range.
      """)
  var backend = Choice.auto

  @Option(help: "Threads to compute with. Results do not depend on it. (default: one a core)")
  var threads: Int?

  public init() {}

  public func validate() throws {
    if let threads, threads < 1 || threads > 1024 {
      throw ValidationError("--threads: expected 1 to 1024, found \(threads)")
    }
  }

  /// The arguments that give these options to a command.
  var arguments: [String] {
    ["--backend", backend.rawValue] + (threads.map { ["--threads", "\($0)"] } ?? [])
  }

  /// The backend that was asked for, to run models of `plans` with `arithmetic`.
  ///
  /// A note on standard error says so when ``Choice/auto`` takes the slow one. Throws
  /// `ExecutionError` when the backend cannot start.
  public func make(
    for plans: PrecisionPlan..., arithmetic: Arithmetic = .exact
  ) throws -> any Backend {
    switch backend {
    case .reference: return ReferenceBackend(threads: threads)
    case .auto where plans.contains(where: \.hasIntegerLayers) && !OneDNNBackend.runsIntegers:
      Terminal.writeError(
        "note: int8 runs on the slow reference backend, since this processor has no VNNI\n")
      return ReferenceBackend(threads: threads)
    case .auto, .onednn: return try OneDNNBackend(threads: threads, arithmetic: arithmetic)
    }
  }

  /// The library that heavy operators of an ONNX graph run on; nil: plain loops.
  ///
  /// Throws `ExecutionError` when the library cannot start.
  public func kernels() throws -> (any OperatorKernels)? {
    backend == .reference ? nil : try OneDNNKernels(threads: threads)
  }

  /// The name of the backend that ``make(for:arithmetic:)`` makes for binary32 and binary16.
  public var name: String {
    backend == .reference ? ReferenceBackend.name : OneDNNBackend.name
  }
}

/// How a run computes what a model does.
public struct ModelBackendOptions: ParsableArguments {
  /// The backend.
  @OptionGroup public var backend: BackendOptions

  /// How closely it keeps to the sums that define a step.
  @Option(
    help: """
      How convolutions are summed: exact multiplies what the definition multiplies; fast may use \
      Winograd's algorithm, which multiplies less and rounds more, and goes with onednn only.
      """)
  public var arithmetic = Arithmetic.exact

  public init() {}

  public func validate() throws {
    if arithmetic == .fast && backend.backend == .reference {
      throw ValidationError("--arithmetic fast: expected --backend onednn, found reference")
    }
  }

  /// Whether fast arithmetic was asked for.
  public var isFast: Bool { arithmetic == .fast }

  /// The arguments that give these options to a command, or the same with exact arithmetic.
  public func arguments(isExact: Bool = false) -> [String] {
    let arithmetic = isExact ? Arithmetic.exact : arithmetic
    return backend.arguments + ["--arithmetic", arithmetic.rawValue]
  }

  /// The backend that was asked for, to run a model of `plan`.
  ///
  /// Says and throws what ``BackendOptions/make(for:arithmetic:)`` does.
  public func make(for plan: PrecisionPlan = PrecisionPlan(.float32)) throws -> any Backend {
    try backend.make(for: plan, arithmetic: arithmetic)
  }

  /// Exact arithmetic for a model of `reference`, and what was asked for, for one of `candidate`:
  /// one backend for both where that is exact too, as plain loops always are.
  ///
  /// Says and throws what ``BackendOptions/make(for:arithmetic:)`` does.
  public func make(
    reference: PrecisionPlan, candidate: PrecisionPlan
  ) throws -> (reference: any Backend, candidate: any Backend, arithmetic: Arithmetic) {
    let exact = try backend.make(for: reference, candidate)
    guard arithmetic == .fast, !(exact is ReferenceBackend) else { return (exact, exact, .exact) }
    return (exact, try backend.make(for: candidate, arithmetic: .fast), .fast)
  }
}

extension Arithmetic: ExpressibleByArgument {}
