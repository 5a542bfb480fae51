import Tensors
public import Verification

/// A golden comparison as text and as JSON (`Schemas/golden-report.schema.json`).
public struct GoldenReport: JSONReport {
  struct Layer: Encodable, LayerColumns {
    let name: String
    let maximumError: Double
    let meanError: Double
    let relativeError: Double
    let sqnr: Double
    let cosine: Double
    let tolerance: Double
    let verdict: Verdict
  }

  struct Unmatched: Encodable {
    let name: String
    let expected: OrNull<[Int]>
    let found: [Int]
  }

  let verdict: Verdict
  let firstCause: OrNull<String>
  let backend: String
  let layers: [Layer]
  let insideFolds: [String]
  let unmatched: [Unmatched]

  /// A report of `result`, which `backend` computed.
  public init(_ result: GoldenVerification, backend: String) {
    verdict = Verdict(result.passes)
    firstCause = OrNull(
      result.comparisons.first { !$0.passes }?.name ?? result.unmatched.first?.name)
    self.backend = backend
    layers = result.comparisons.map { comparison in
      Layer(
        name: comparison.name, maximumError: comparison.metrics.maximumError,
        meanError: comparison.metrics.meanError,
        relativeError: comparison.metrics.relativeMaximumError, sqnr: comparison.metrics.sqnr,
        cosine: comparison.metrics.cosine, tolerance: comparison.tolerance,
        verdict: Verdict(comparison.passes))
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
      titles: ["layer"] + Layer.titles, textColumns: 2,
      rows: layers.worst(count).map { [$0.name] + $0.columns })
    var lines = [
      "\(layers.count) layers compared with the golden file, backend \(backend); "
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
    lines.append(
      "verdict: \(verdict.rawValue)" + (firstCause.value.map { ", first cause \($0)" } ?? ""))
    return lines.joined(separator: "\n") + "\n"
  }
}
