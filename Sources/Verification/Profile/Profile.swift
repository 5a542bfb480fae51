public import Execution
public import Models
import Networks
public import Quantization
import Segmentation

/// How long a model's deployed programs take on this machine, program by program and step by step.
///
/// Inputs are noise, the same in every run; times are what they are, and differ between runs.
public struct Profile: Sendable {
  /// A program, or two behind one another.
  public struct Part: Sendable {
    /// `memorize`, `query`, `decode`, `segment` (query and decode) or `read` (the memory read
    /// alone, in binary32).
    public let name: String
    /// The times of the rounds; outputs stay as the backend holds them.
    public let times: ProfileTimes
    /// The seconds of the first run, in which a backend packs weights and chooses kernels, beyond
    /// the median; at least 0, and nil for what is made of other parts.
    public let compileSeconds: Double?
    /// The operations of one run.
    public let operations: Int
  }

  /// A step of one of the programs.
  public struct Step: Sendable {
    /// The program's name.
    public let program: String
    /// The step's name.
    public let name: String
    /// What it computes in.
    public let precision: Precision
    /// The times of the rounds.
    public let times: ProfileTimes
    /// The operations of one run.
    public let operations: Int
    /// Its median over the sum of the medians of its program's steps.
    public let share: Double
    /// Its operations a second over those of ``Profile/peaks``; nil where it has none to count,
    /// or no peak was measured.
    public let peakFraction: Double?
  }

  /// What the programs were given.
  public let extents: ProfileExtents
  /// What computed.
  public let backend: String
  /// The precisions of the model.
  public let plan: PrecisionPlan
  /// The programs, in the order of ``Part/name``.
  public let parts: [Part]
  /// The steps of memorize, query and decode, in the order in which they run.
  public let steps: [Step]
  /// The peak of each precision that a step with operations computes in.
  public let peaks: [HardwarePeak]
  /// The most bytes of memory that the process held while the programs ran; nil where the system
  /// does not say.
  public let peakMemory: Int?

  /// How many times ``init(of:extents:backend:progress:)`` tells its progress.
  public static let stages = 5

  /// Profiles `model` on `backend`; `progress` is told how many of ``stages`` are done.
  ///
  /// Throws what binding, compiling and running throw.
  public init(
    of model: Model, extents: ProfileExtents, backend: any Backend, progress: (Int) -> Void
  ) throws {
    let inputs = ProfileInputs(extents)
    let rounds = extents.rounds
    let network = try CompiledNetwork(model, backend: backend)
    let runs = try NetworkRuns(of: network, on: inputs)
    progress(1)
    let passes = try (0..<rounds).map { _ in try runs.pass() }
    peakMemory = ProcessMemory.peak
    progress(2)

    let read = try backend.compile(
      BoundProgram(.memoryRead, precision: .float32, weights: model.weights))
    var reading = try inputs.memory(
      key: runs.memorized.output("key"), value: runs.memorized.output("value"), for: read)
    reading["key"] = runs.decoding.output("key")
    let firstRead = try timed { try read.run(held: reading, taps: .none) }.seconds
    let reads = try (0..<rounds).map { _ in
      try timed { try read.run(held: reading, taps: .none) }.seconds
    }
    progress(3)

    let programs = [
      (network.memorize, runs.memorizing), (network.query, runs.querying),
      (network.decode, runs.decoding),
    ]
    let times = try programs.map { try $0.stepTimes($1, rounds: rounds) }
    progress(4)
    let operations = try (programs + [(read, reading)]).map { program, inputs in
      try program.bound.program.operations(for: inputs.mapValues(\.shape))
    }
    let used = Set(
      zip(programs, operations).flatMap { program, operations in
        program.0.bound.program.steps.filter { operations[$0.name] ?? 0 > 0 }
          .map(program.0.bound.arithmetic)
      })
    let peaks = try Precision.allCases.filter(used.contains).compactMap {
      try HardwarePeak($0, on: backend, rounds: max(rounds, 3))
    }
    progress(5)

    let totals = operations.map { $0.values.reduce(0, +) }
    func part(_ name: String, _ seconds: [Double], _ first: Double?, _ operations: Int) -> Part {
      let times = ProfileTimes(seconds)
      return Part(
        name: name, times: times, compileSeconds: first.map { max($0 - times.median, 0) },
        operations: operations)
    }
    self.extents = extents
    self.backend = type(of: backend).name
    plan = model.plan
    parts = [
      part("memorize", passes.map(\.memorize), runs.first.memorize, totals[0]),
      part("query", passes.map(\.query), runs.first.query, totals[1]),
      part("decode", passes.map(\.decode), runs.first.decode, totals[2]),
      part("segment", passes.map { $0.query + $0.decode }, nil, totals[1] + totals[2]),
      part("read", reads, firstRead, totals[3]),
    ]
    self.peaks = peaks
    steps = zip(programs, zip(times, operations)).flatMap { program, measured in
      Self.steps(
        of: program.0.bound, times: measured.0, operations: measured.1, peaks: peaks)
    }
  }

  private static func steps(
    of bound: BoundProgram, times: [String: ProfileTimes], operations: [String: Int],
    peaks: [HardwarePeak]
  ) -> [Step] {
    let total = times.values.map(\.median).reduce(0, +)
    return bound.program.steps.compactMap { step in
      guard let taken = times[step.name] else { return nil }
      let precision = bound.arithmetic(of: step)
      let count = operations[step.name] ?? 0
      let peak = count > 0 ? peaks.first { $0.precision == precision } : nil
      return Step(
        program: bound.program.name, name: step.name, precision: precision, times: taken,
        operations: count, share: total > 0 ? taken.median / total : 0,
        peakFraction: peak.map {
          Double(count) / max(taken.median, 1e-9) / $0.operationsPerSecond
        })
    }
  }
}
