import Quantization
public import Tuning

/// What rounding to 16 bits does to a network's numbers, as text and as JSON
/// (`Schemas/half-precision-report.schema.json`).
public struct HalfPrecisionReport: JSONReport {
  struct Finding: Encodable {
    let program: String
    let part: HalfPrecisionCheck.Finding.Part
    let name: String
    let layer: OrNull<String>
    let precision: Precision
    let count: Int
    let nonFinite: Int
    let overflow: Int
    let underflow: Int
    let subnormal: Int
    let lossShare: Double
    let largest: Float
  }

  struct Value: Encodable {
    let program: String
    let name: String
  }

  struct Advice: Encodable {
    let layers: [String]
    let options: [String]
    let remaining: [String]
  }

  let precision: String
  let verdict: Verdict
  let clips: [CalibrationStatistics.Clip]
  let notableLoss: Double
  let findings: [Finding]
  let firstNonFinite: OrNull<Value>
  let advice: OrNull<Advice>

  /// A report of `check`; a gate that holds where nothing overflows and all values were finite.
  public init(_ check: HalfPrecisionCheck) {
    let found = check.findings
    precision = check.plan.name
    verdict = Verdict(
      found.allSatisfy { $0.counts.overflowCount == 0 && $0.counts.nonFiniteCount == 0 })
    clips = check.clips
    notableLoss = HalfPrecisionCheck.notableLoss
    findings = found.map { finding in
      let counts = finding.counts
      return Finding(
        program: finding.program, part: finding.part, name: finding.name,
        layer: OrNull(finding.layer), precision: counts.precision, count: counts.count,
        nonFinite: counts.nonFiniteCount, overflow: counts.overflowCount,
        underflow: counts.underflowCount, subnormal: counts.subnormalCount,
        lossShare: counts.lossShare, largest: counts.largest)
    }
    firstNonFinite = OrNull(
      check.firstNonFinite.map { Value(program: $0.program, name: $0.value) })
    advice = OrNull(
      check.advice.map { advice in
        Advice(
          layers: advice.layers, options: advice.options,
          remaining: advice.remaining.map { "\($0.program): \($0.name)" })
      })
  }

  /// Whether nothing overflows and all values were finite.
  public var passes: Bool { verdict == .pass }

  /// The report for a terminal: a line for each kernel and value, what overflows or loses much, and
  /// what to keep wide.
  public var text: String {
    let table = Table(
      titles: [
        "program", "part", "name", "precision", "elements", "largest", "overflow", "to 0",
        "subnormal", "share lost",
      ],
      textColumns: 4,
      rows: findings.map { finding in
        [
          finding.program, finding.part.rawValue, finding.name, finding.precision.rawValue,
          "\(finding.count)", Numbers.significant(Double(finding.largest)), "\(finding.overflow)",
          "\(finding.underflow)", "\(finding.subnormal)", Numbers.ratio(finding.lossShare),
        ]
      })
    let frames = clips.map(\.frames).reduce(0, +)
    let kernels = findings.filter { $0.part == .weights }.count
    let seen =
      clips.isEmpty
      ? "no values, since no clip was given"
      : "\(findings.count - kernels) values over \(clips.count) clips of \(frames) frames"
    let lines =
      ["\(precision): \(kernels) kernels, \(seen)", "", table.text]
      + findings.flatMap { finding in
        let name = "\(finding.part.rawValue) '\(finding.name)' of program '\(finding.program)'"
        return [
          finding.nonFinite > 0
            ? "not finite in fp32: \(name): \(finding.nonFinite) of \(finding.count)" : nil,
          finding.overflow > 0
            ? "overflows \(finding.precision.rawValue): \(name): \(finding.overflow) of "
              + "\(finding.count), the largest \(Numbers.significant(Double(finding.largest)))"
            : nil,
          finding.lossShare > notableLoss
            ? "loses much: \(name): \(Numbers.ratio(finding.lossShare)) of what is not 0 becomes 0 "
              + "or subnormal" : nil,
        ].compactMap(\.self)
      }
      + [firstNonFinite.value].compactMap(\.self).map {
        "the first that is not finite: '\($0.name)' of program '\($0.program)'"
      } + adviceLines + ["verdict: \(verdict.rawValue)"]
    return lines.joined(separator: "\n") + "\n"
  }

  private var adviceLines: [String] {
    guard let advice = advice.value else { return [] }
    let options = advice.options.map { $0.contains("*") || $0.contains("=") ? "'\($0)'" : $0 }
    return ["must stay wide: \(advice.layers.joined(separator: ", "))"]
      + advice.remaining.map { "overflows whatever is kept: \($0)" }
      + (advice.remaining.isEmpty ? ["quantize with: \(options.joined(separator: " "))"] : [])
  }
}
