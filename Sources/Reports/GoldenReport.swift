import Tensors
public import Verification

/// A golden comparison as text and as JSON (`Schemas/golden-report.schema.json`).
public struct GoldenReport: JSONReport {
  struct Layer: Encodable, ReportedLayer {
    let name: String
    let errors: LayerErrors

    enum CodingKeys: CodingKey { case name }

    func encode(to encoder: any Encoder) throws {
      try errors.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
    }
  }

  struct Unmatched: Encodable {
    let name: String
    let expected: OrNull<[Int]>
    let found: [Int]
  }

  let verdict: Verdict
  let firstCause: OrNull<String>
  let backend: String
  let arithmetic: String
  let layers: [Layer]
  let insideFolds: [String]
  let unmatched: [Unmatched]

  /// A report of `result`, which `backend` computed with `arithmetic`.
  public init(_ result: GoldenVerification, backend: String, arithmetic: String) {
    verdict = Verdict(result.passes)
    firstCause = OrNull(
      result.comparisons.first { !$0.passes }?.name ?? result.unmatched.first?.name)
    self.backend = backend
    self.arithmetic = arithmetic
    layers = result.comparisons.map { comparison in
      Layer(
        name: comparison.name,
        errors: LayerErrors(
          comparison.metrics, tolerance: comparison.tolerance, passes: comparison.passes))
    }
    insideFolds = result.insideFolds
    unmatched = result.unmatched.map {
      Unmatched(
        name: $0.name, expected: OrNull($0.expected?.dimensions), found: $0.found.dimensions)
    }
  }

  /// The report for a terminal: the `count` layers that come closest to their tolerance or exceed
  /// it the most, then the verdict.
  public func text(worst count: Int) -> String {
    let table = Table(
      titles: ["layer"] + LayerErrors.titles, textColumns: 2,
      rows: layers.worst(count).map { [$0.name] + $0.errors.columns })
    var lines = [
      "\(layers.count) layers compared with the golden file, backend \(backend), \(arithmetic) "
        + "arithmetic; "
        + "worst \(min(count, layers.count)) first:",
      "", table.text,
      "inside a fold:         \(insideFolds.count)",
    ]
    lines += insideFolds.map { "  \($0)" }
    lines.append("without a counterpart: \(unmatched.count)")
    lines += unmatched.map { tensor in
      let expected = tensor.expected.value.map { "shape \($0)" } ?? "no such tensor"
      return "  \(tensor.name): expected \(expected), found shape \(tensor.found)"
    }
    lines += [layers.passingTolerance].compactMap { $0 }
    let reason =
      layers.isEmpty && unmatched.isEmpty
      ? ", the golden file holds no layer to compare"
      : firstCause.value.map { ", first cause \($0)" } ?? ""
    lines.append("verdict: \(verdict.rawValue)\(reason)")
    return lines.joined(separator: "\n") + "\n"
  }
}
