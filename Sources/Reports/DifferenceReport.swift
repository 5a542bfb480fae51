import Tensors
public import Verification

/// Two files of weights side by side, as text and as JSON (`Schemas/difference-report.schema.json`).
public struct DifferenceReport: JSONReport {
  struct Counts: Encodable {
    let identical: Int
    let missing: Int
    let unexpected: Int
    let misshapen: Int
    let retyped: Int
    let changed: Int
    let unreadable: Int
  }

  struct Description: Encodable {
    let type: String
    let shape: [Int]
  }

  struct Difference: Encodable {
    let name: String
    let outcome: String
    let expected: OrNull<Description>
    let found: OrNull<Description>
    let values: OrNull<Values>
  }

  struct Values: Encodable {
    let maximumError: Double
    let relativeError: Double
    let sqnr: Double
    let differing: Int
    let elements: Int
    let tolerated: Bool
  }

  let verdict: Verdict
  let reference: String
  let candidate: String
  let tolerance: OrNull<Double>
  let counts: Counts
  let differences: [Difference]

  /// A report of `result`; of the paths the last components are reported.
  public init(_ result: WeightComparison, reference: String, candidate: String) {
    func last(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    func count(_ outcome: WeightComparison.Outcome) -> Int {
      result.differences.count { $0.outcome == outcome }
    }
    verdict = Verdict(result.passes)
    self.reference = last(reference)
    self.candidate = last(candidate)
    tolerance = OrNull(result.tolerance)
    counts = Counts(
      identical: result.identicalCount, missing: count(.missing), unexpected: count(.unexpected),
      misshapen: count(.misshapen), retyped: count(.retyped), changed: count(.changed),
      unreadable: count(.unreadable))
    differences = result.differences.map { difference in
      Difference(
        name: difference.name, outcome: difference.outcome.rawValue,
        expected: OrNull(difference.expected.map(Description.init)),
        found: OrNull(difference.found.map(Description.init)),
        values: OrNull(
          difference.metrics.map { metrics in
            Values(
              maximumError: metrics.maximumError, relativeError: metrics.relativeMaximumError,
              sqnr: metrics.sqnr, differing: difference.differingCount, elements: metrics.count,
              tolerated: difference.isTolerated)
          }))
    }
  }

  /// The report for a terminal: tensors whose elements differ, then those that cannot be compared.
  public var text: String {
    var lines = ["reference \(reference), candidate \(candidate)"]
    let compared = differences.compactMap { difference in
      difference.values.value.map { (difference, $0) }
    }
    if !compared.isEmpty {
      let table = Table(
        titles: [
          "tensor", "outcome", "type", "max error", "relative", "SQNR dB", "differing", "elements",
        ],
        textColumns: 3,
        rows: compared.map { difference, values in
          [
            difference.name, difference.outcome + (values.tolerated ? ", tolerated" : ""),
            difference.types, Numbers.scientific(values.maximumError),
            Numbers.scientific(values.relativeError), Numbers.decibels(values.sqnr),
            "\(values.differing)", "\(values.elements)",
          ]
        })
      lines += ["", table.text]
    }
    lines += differences.filter { $0.values.value == nil }.map { difference in
      guard difference.outcome != "unreadable" else {
        return "unreadable: \(difference.name): its type is one that the suite does not have"
      }
      return "\(difference.outcome): \(difference.name): expected "
        + (difference.expected.value?.text ?? "none") + ", found "
        + (difference.found.value?.text ?? "none")
    }
    return (lines + [summary]).joined(separator: "\n") + "\n"
  }

  private var summary: String {
    let others = [
      (counts.missing, "missing"), (counts.unexpected, "unexpected"),
      (counts.misshapen, "misshapen"), (counts.retyped, "retyped"), (counts.changed, "changed"),
      (counts.unreadable, "unreadable"),
    ].filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }
    return "\(counts.identical) identical\(others.joined())\nverdict: \(verdict.rawValue)"
  }
}

extension DifferenceReport.Description {
  fileprivate init(_ description: WeightComparison.Description) {
    self.init(type: description.type.rawValue, shape: description.shape.dimensions)
  }

  /// As in `F32 [64, 3, 7, 7]`.
  fileprivate var text: String { "\(type) \(shape)" }
}

extension DifferenceReport.Difference {
  /// The type, or the reference's and the candidate's.
  fileprivate var types: String {
    var types: [String] = []
    for case let type? in [expected.value?.type, found.value?.type] where !types.contains(type) {
      types.append(type)
    }
    return types.joined(separator: " -> ")
  }
}
