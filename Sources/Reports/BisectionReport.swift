public import Finding
import Quantization
import Verification

/// Which layers must be kept wide, as text and as JSON (`Schemas/bisection-report.schema.json`).
public struct BisectionReport: JSONReport {
  struct Part: Encodable {
    let part: String
    let layer: OrNull<String>
    let precision: String
    let contributionSqnr: OrNull<Double>
    let without: OrNull<String>

    init(_ part: Bisection.Part) {
      switch part.part {
      case .layer(let name): (self.part, layer) = ("layer", OrNull(name))
      case .inputs: (self.part, layer) = ("inputs", OrNull(nil))
      }
      precision = part.precision.rawValue
      contributionSqnr = OrNull(part.contributionSQNR)
      without = OrNull(part.without?.rawValue)
    }
  }

  struct Run: Encodable {
    let kept: Int
    let verdict: String
  }

  struct Gate: Encodable {
    let gate: String
    let found: OrNull<Double>
    let verdict: Verdict
  }

  let verdict: Verdict
  let judge: String
  let parts: Int
  let kept: OrNull<[Part]>
  let isMinimal: Bool
  let maximumRuns: Int
  let runs: [Run]
  let gates: [Gate]

  /// A report of `bisection`, in which `judge`, gates or a command, said what will do.
  public init(_ bisection: Bisection, judge: String) {
    verdict = Verdict(bisection.kept != nil)
    self.judge = judge
    parts = bisection.parts.count
    kept = OrNull(bisection.kept.map { $0.map(Part.init) })
    isMinimal = bisection.isMinimal
    maximumRuns = bisection.maximumRuns
    runs = bisection.runs.map { Run(kept: $0.kept, verdict: $0.verdict.rawValue) }
    gates = bisection.gates.map {
      Gate(
        gate: $0.gate.description, found: OrNull($0.found), verdict: Verdict($0.passes))
    }
  }

  /// Whether a set was found.
  public var passes: Bool { verdict == .pass }

  /// The report for a terminal, with at most `count` of the layers to keep; the model with these was
  /// written to `output`, if anywhere.
  public func text(worst count: Int, output: String?) -> String {
    let head = "\(parts) parts differ, \(runs.count) runs of at most \(maximumRuns): \(judge)"
    let tail = gates.map { gate in
      "\(gate.gate): \(gate.found.value.map(Numbers.significant) ?? "none"), "
        + gate.verdict.rawValue
    }
    guard let kept = kept.value else {
      return ([head, "", "not even with all of them kept wide"] + tail + ["verdict: fail", ""])
        .joined(separator: "\n")
    }
    guard !kept.isEmpty else {
      return
        ([head, "", "nothing to keep wide: the candidate will do as it is"] + tail
        + ["verdict: pass", ""]).joined(separator: "\n")
    }
    let table = Table(
      titles: ["keep wide", "candidate", "contributed dB", "without it"], textColumns: 2,
      rows: kept.prefix(count).map { part in
        [
          part.layer.value ?? "what programs are given", part.precision,
          part.contributionSqnr.value.map(Numbers.decibels) ?? "-",
          part.without.value ?? "not tried",
        ]
      })
    let more = kept.count > count ? ["and \(kept.count - count) more"] : []
    return
      ([head, "", table.text] + more + ["kept wide: \(kept.count) of \(parts)", minimality]
      + (output.map { ["written: \($0)"] } ?? []) + tail + ["verdict: pass", ""])
      .joined(separator: "\n")
  }

  private var minimality: String {
    let outcomes = kept.value?.map(\.without.value) ?? []
    if isMinimal { return "1-minimal: without any one of these it will not do" }
    let (unknown, unresolved) = (
      outcomes.count { $0 == nil }, outcomes.count { $0 == Bisection.Verdict.unresolved.rawValue }
    )
    return "not known to be minimal: "
      + [
        unknown > 0 ? "\(unknown) not tried without; raise --max-runs" : nil,
        unresolved > 0 ? "\(unresolved) that cannot be judged without" : nil,
      ].compactMap(\.self).joined(separator: ", ")
  }
}
