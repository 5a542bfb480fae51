import Quantization
public import Verification

/// A profile as text and as JSON (`Schemas/profile-report.schema.json`).
///
/// Times differ between runs, and so do the report's bytes.
public struct ProfileReport: JSONReport {
  struct Part: Encodable {
    let name: String
    let medianMilliseconds: Double
    let minimumMilliseconds: Double
    let compileMilliseconds: OrNull<Double>
    let operations: Int
    let gflops: Double
  }

  struct Step: Encodable {
    let program: String
    let name: String
    let precision: Precision
    let milliseconds: Double
    let operations: Int
    let gflops: Double
    let share: Double
    let peakFraction: OrNull<Double>
  }

  struct Peak: Encodable {
    let precision: Precision
    let gflops: Double
    let channels: Int
    let side: Int
  }

  let backend: String
  let arithmetic: String
  let precision: String
  let height: Int
  let width: Int
  let memory: Int
  let objects: Int
  let rounds: Int
  let parts: [Part]
  let steps: [Step]
  let peaks: [Peak]
  let peakMemory: OrNull<Int>

  /// A report of `profile`, which `arithmetic` (`exact` or `fast`) was used for.
  public init(_ profile: Profile, arithmetic: String) {
    backend = profile.backend
    self.arithmetic = arithmetic
    precision = profile.plan.name
    height = profile.extents.height
    width = profile.extents.width
    memory = profile.extents.memory
    objects = profile.extents.objects
    rounds = profile.extents.rounds
    parts = profile.parts.map {
      Part(
        name: $0.name, medianMilliseconds: 1e3 * $0.times.median,
        minimumMilliseconds: 1e3 * $0.times.minimum,
        compileMilliseconds: OrNull($0.compileSeconds.map { 1e3 * $0 }), operations: $0.operations,
        gflops: Self.rate($0.operations, $0.times))
    }
    steps = profile.steps.map {
      Step(
        program: $0.program, name: $0.name, precision: $0.precision,
        milliseconds: 1e3 * $0.times.median, operations: $0.operations,
        gflops: Self.rate($0.operations, $0.times), share: $0.share,
        peakFraction: OrNull($0.peakFraction))
    }
    peaks = profile.peaks.map {
      Peak(
        precision: $0.precision, gflops: $0.operationsPerSecond / 1e9,
        channels: $0.channels, side: $0.side)
    }
    peakMemory = OrNull(profile.peakMemory)
  }

  /// 10^9 operations a second in the median run; 0 where that was too short for the clock.
  private static func rate(_ operations: Int, _ times: ProfileTimes) -> Double {
    times.median > 0 ? Double(operations) / times.median / 1e9 : 0
  }

  /// The report for a terminal: the programs, the `count` steps that take longest, the peaks and
  /// the memory.
  public func text(worst count: Int) -> String {
    let slowest = steps.enumerated()
      .sorted { ($1.element.milliseconds, $0.offset) < ($0.element.milliseconds, $1.offset) }
      .prefix(count).map(\.element)
    var lines = [
      "\(precision) model at \(height)x\(width), frames in memory: \(memory), objects: "
        + "\(objects), backend \(backend), \(arithmetic) arithmetic, medians of \(rounds):",
      "", partTable.text,
      "\(steps.count) steps; \(slowest.count) that take longest first:", "",
      Self.table(of: Array(slowest)).text,
    ]
    lines += peaks.map {
      "peak in \($0.precision.rawValue): \(Numbers.decibels($0.gflops)) GFLOP/s, a "
        + "3x3 convolution of \($0.channels) channels on \($0.side)x\($0.side)"
    }
    if let bytes = peakMemory.value {
      lines.append("peak memory: \(Numbers.whole(Double(bytes) / 1e6)) MB")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var partTable: Table {
    Table(
      titles: ["program", "median ms", "least ms", "compile ms", "GFLOP", "GFLOP/s"],
      textColumns: 1,
      rows: parts.map { part in
        [
          part.name, Numbers.significant(part.medianMilliseconds),
          Numbers.significant(part.minimumMilliseconds),
          part.compileMilliseconds.value.map(Numbers.significant) ?? "",
          Numbers.significant(Double(part.operations) / 1e9),
          Numbers.decibels(part.gflops),
        ]
      })
  }

  private static func table(of steps: [Step]) -> Table {
    Table(
      titles: ["program", "step", "precision", "ms", "share", "GFLOP", "GFLOP/s", "of peak"],
      textColumns: 3,
      rows: steps.map { step in
        [
          step.program, step.name, step.precision.rawValue, Numbers.significant(step.milliseconds),
          Numbers.ratio(step.share), Numbers.significant(Double(step.operations) / 1e9),
          Numbers.decibels(step.gflops),
          step.peakFraction.value.map { Numbers.ratio($0) } ?? "",
        ]
      })
  }
}
