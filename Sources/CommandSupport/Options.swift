public import ArgumentParser
public import Execution
public import Mapping
public import Networks
import OneDNNBackend
public import Quantization
public import Segmentation
public import Verification

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

extension Precision: ExpressibleByArgument {}

/// How much of a clip is used, and at which size.
public struct ClipOptions: ParsableArguments {
  /// The most pixels of a frame's longer side; nil: frames are used as they are.
  @Option(
    name: .customLong("long-edge"),
    help: "Scale frames down so that the longer side has this many pixels.")
  public var longEdge: Int?

  @Option(help: "Use only so many frames from the start of a clip.")
  var frames: Int?

  public init() {}

  public func validate() throws {
    if let longEdge, longEdge < 16 {
      throw ValidationError("--long-edge: expected at least 16, found \(longEdge)")
    }
    if let frames, frames < 2 {
      throw ValidationError("--frames: expected at least 2, found \(frames)")
    }
  }

  /// The arguments that give these options to a command.
  public var arguments: [String] {
    (longEdge.map { ["--long-edge", "\($0)"] } ?? [])
      + (frames.map { ["--frames", "\($0)"] } ?? [])
  }

  /// Whether clips are used as they are.
  public var isStandard: Bool { longEdge == nil && frames == nil }

  /// The folders that the clips at `paths` are read from.
  public static func folders(of paths: [String]) -> [String] {
    paths.flatMap { ["\($0)/frames", "\($0)/masks"] }
  }

  /// Opens the clip at `path`. Throws what opening a clip throws.
  public func open(_ path: String) throws -> Clip {
    try Clip(path: path, longEdge: longEdge, maximumFrames: frames)
  }

  /// Opens a folder of frames and the mask of the first; the clip is called as the last part of the
  /// path `name`. Throws what opening a clip throws.
  public func open(frames path: String, mask: String, name: String) throws -> Clip {
    try Clip(
      name: name.split(separator: "/").last.map(String.init) ?? name, frames: path,
      firstMask: mask, longEdge: longEdge, maximumFrames: frames)
  }

  /// Opens a clip of a set. Throws what opening a clip throws.
  public func open(_ member: ClipSet.Member) throws -> Clip {
    try member.open(longEdge: longEdge, maximumFrames: frames)
  }
}

/// How much of the memory is read.
public struct MemoryReadOptions: ParsableArguments {
  /// The number of entries; nil: all.
  @Option(
    help: ArgumentHelp(
      """
      Read at each position only the memory entries whose similarity is among the n largest; ties \
      are read too. (default: all)
      """, valueName: "n"))
  public var topK: Int?

  public init() {}

  public func validate() throws {
    if let topK, topK < 1 {
      throw ValidationError("--top-k: expected at least 1, found \(topK)")
    }
  }

  /// The arguments that give these options to a command.
  public var arguments: [String] { topK.map { ["--top-k", "\($0)"] } ?? [] }
}

/// Exceptions from a standard tolerance.
public struct ToleranceOptions: ParsableArguments {
  @Option(
    name: .customLong("tolerance"),
    help: ArgumentHelp(
      "Another tolerance for the layers that a pattern selects; the last that fits holds.",
      valueName: "glob:value"))
  var tolerances: [Tolerances.Exception] = []

  public init() {}

  /// The exceptions in the order given.
  public var exceptions: [Tolerances.Exception] { tolerances }

  /// Checks that every pattern selects one of `names`, the layers to be compared.
  ///
  /// Throws `ValidationError`: an exception that is misspelt would leave the standard in force.
  public func check(selecting names: [String]) throws {
    for exception in tolerances where !names.contains(where: exception.pattern.matches) {
      throw ValidationError("--tolerance: no layer fits '\(exception.pattern)'")
    }
  }
}

extension Tolerances.Exception: ExpressibleByArgument {
  /// Parses `GLOB:VALUE`; a value in dB may be negative.
  public init?(argument: String) {
    guard let colon = argument.lastIndex(of: ":"),
      let value = Double(argument[argument.index(after: colon)...]), !value.isNaN,
      let pattern = try? NamePattern(String(argument[..<colon]))
    else { return nil }
    self.init(pattern: pattern, value: value)
  }
}

extension NamePattern: ExpressibleByArgument {
  /// Parses a glob or a regular expression after `re:`.
  public init?(argument: String) {
    guard let pattern = try? NamePattern(argument) else { return nil }
    self = pattern
  }
}

extension KeptLayers: ExpressibleByArgument {
  /// Parses `PATTERN=PRECISION`.
  public init?(argument: String) { self.init(argument) }
}

/// What graphs are given through inputs whose names do not say it.
public struct BindingOptions: ParsableArguments {
  /// What graphs are given through inputs that their names do not tell.
  @Option(
    name: .customLong("bind"),
    help: ArgumentHelp(
      "Say what a graph is given through an input: \(InputBinding.roles.joined(separator: ", ")).",
      valueName: "[file:]input=role"))
  public var bindings: [InputBinding] = []

  public init() {}
}

extension ChannelOrder: ExpressibleByArgument {}

extension InputBinding: ExpressibleByArgument {
  /// Parses `[FILE:]INPUT=ROLE`.
  public init?(argument: String) { self.init(argument) }
}

/// What a tool prints.
public struct OutputOptions: ParsableArguments {
  /// Whether the report is JSON.
  @Flag(help: "Print a report for machines: JSON on standard output.")
  public var json = false

  /// Whether nothing but errors is printed.
  @Flag(help: "Print nothing but errors, and no progress.")
  public var quiet = false

  public init() {}

  /// Prints `text`, or `json` where that was asked for, unless told to be quiet.
  ///
  /// Throws `FileError.writeFailed` when standard output does not take it, or what `json` throws.
  public func show(text: @autoclosure () -> String, json: @autoclosure () throws -> String) throws {
    if self.json {
      try Terminal.write(try json())
    } else if !quiet {
      try Terminal.write(text().withVisibleControls)
    }
  }
}
