public import Finding
import Quantization
import Verification

/// What came of a layer that was run alone, as text and as JSON
/// (`Schemas/repro-report.schema.json`).
public struct ReproReport: JSONReport {
  struct Errors: Encodable {
    let contributionSqnr: Double
    let passingTolerance: Double
    let isolated: LayerMetricsReport

    init(_ layer: ClipVerification.Layer) {
      contributionSqnr = layer.contributionSQNR
      passingTolerance = layer.passingTolerance
      isolated = LayerMetricsReport(layer.isolated)
    }
  }

  let layer: String
  let program: String
  let frame: Int
  let precision: String
  let backend: String
  let arithmetic: String
  let verdict: Verdict
  let tolerance: Double
  let recorded: Errors
  let found: OrNull<Errors>
  let sameReference: OrNull<Bool>
  let sameCandidate: OrNull<Bool>

  /// A report of `repro`, of which `outcome`, if it was run, came on `backend` with `arithmetic`.
  public init(
    _ repro: ReproCase, _ outcome: ReproCase.Outcome?, backend: String, arithmetic: String
  ) {
    let recorded = repro.recorded
    (layer, program, frame) = (repro.layer, repro.program, repro.frame)
    precision = recorded.precision.rawValue
    (self.backend, self.arithmetic) = (backend, arithmetic)
    verdict = Verdict((outcome?.error ?? recorded).passes)
    tolerance = recorded.tolerance
    self.recorded = Errors(recorded)
    found = OrNull(outcome.map { Errors($0.error) })
    sameReference = OrNull(outcome?.isSameReference)
    sameCandidate = OrNull(outcome?.isSameCandidate)
  }

  /// Whether the layer is within its tolerance.
  public var passes: Bool { verdict == .pass }

  /// The report for a terminal; the case is in the folder `path`.
  public func text(path: String) -> String {
    let columns = [("recorded", recorded)] + (found.value.map { [("alone", $0)] } ?? [])
    func row(_ title: String, _ value: (Errors) -> String) -> [String] {
      [title] + columns.map { value($0.1) }
    }
    let table = Table(
      titles: ["error"] + columns.map(\.0), textColumns: 1,
      rows: [
        row("contributed, dB") { Numbers.decibels($0.contributionSqnr) },
        row("isolated, dB") { Numbers.decibels($0.isolated.sqnr) },
        row("largest") { Numbers.scientific($0.isolated.maximumError) },
        row("mean") { Numbers.scientific($0.isolated.meanError) },
        row("cosine") { Numbers.cosine($0.isolated.cosine) },
        row("not finite") { "\($0.isolated.nonFiniteCount)" },
        row("would pass, dB") { Numbers.passingDecibels($0.passingTolerance) },
      ])
    func bytes(_ isSame: Bool) -> String { isSame ? "the stored bytes" : "other bytes" }
    let again = [sameReference.value, sameCandidate.value].compactMap(\.self)
    let lines =
      [
        "layer \(layer), program \(program), frame \(frame), \(precision); \(backend), "
          + "\(arithmetic) arithmetic", "", table.text,
      ]
      + (again.count == 2
        ? ["reference: \(bytes(again[0])); candidate: \(bytes(again[1]))"]
        : ["written: \(path)", "run it with: stm-verify run-repro \(path)"])
      + ["tolerance: \(Numbers.decibels(tolerance)) dB", "verdict: \(verdict.rawValue)"]
    return lines.joined(separator: "\n") + "\n"
  }
}
