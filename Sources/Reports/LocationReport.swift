public import Finding
import Quantization

/// Where numbers go bad first in one or two models, as text and as JSON
/// (`Schemas/location-report.schema.json`).
public struct LocationReport: JSONReport {
  struct Tensor: Encodable {
    let name: String
    let type: String
    let minimum: OrNull<Double>
    let maximum: OrNull<Double>
    let nonFinite: Int
    let firstNonFinite: OrNull<Int>

    init(_ range: Location.Range) {
      (name, type) = (range.name, range.type)
      (minimum, maximum) = (OrNull(range.minimum), OrNull(range.maximum))
      (nonFinite, firstNonFinite) = (range.nonFiniteCount, OrNull(range.firstNonFinite))
    }
  }

  struct Input: Encodable {
    let name: String
    let type: String
    let minimum: OrNull<Double>
    let maximum: OrNull<Double>
    let nonFinite: Int
    let overflow: Int
  }

  struct Sum: Encodable {
    let value: Double
    let magnitude: Double
    let largestTerm: Double
  }

  struct Position: Encodable {
    let object: Int
    let channel: Int
    let row: Int
    let column: Int
  }

  struct Finding: Encodable {
    let fault: String
    let layer: String
    let program: String
    let covers: [String]
    let precision: String
    let storage: String
    let frame: Int
    let position: Position
    let value: Double
    let reference: OrNull<Double>
    let count: Int
    let elements: Int
    let channels: Int
    let origin: String
    let inputs: [Input]
    let weights: [Tensor]
    let sum: OrNull<Sum>
    let affected: Int
  }

  struct Model: Encodable {
    let side: String
    let precision: String
    let verdict: Verdict
    let frames: Int
    let layers: Int
    let weights: [Tensor]
    let findings: [Finding]
  }

  let search: String
  let verdict: Verdict
  let models: [Model]

  /// A report of what `search` found in each of `models`, with what it is called and the name of its
  /// plan.
  public init(
    _ search: Location.Search, _ models: [(side: String, precision: String, Location)]
  ) {
    self.search =
      switch search {
      case .nonFinite: "nan"
      case .overflow: "overflow"
      }
    self.models = models.map { side, precision, location in
      Model(
        side: side, precision: precision, verdict: Verdict(location.passes),
        frames: location.frames, layers: location.steps,
        weights: location.weights.map(Tensor.init), findings: location.findings.map(Finding.init))
    }
    verdict = Verdict(models.allSatisfy { $0.2.passes })
  }

  /// Whether nothing was found that makes the search fail.
  public var passes: Bool { verdict == .pass }

  /// The report for a terminal.
  public var text: String {
    (models.flatMap(\.lines) + ["verdict: \(verdict.rawValue)"]).joined(separator: "\n") + "\n"
  }
}

extension LocationReport.Finding {
  init(_ finding: Location.Finding) {
    let position = finding.position
    self.init(
      fault: finding.fault.rawValue, layer: finding.name, program: finding.program,
      covers: finding.covers, precision: finding.precision.rawValue,
      storage: finding.storage.title, frame: finding.frame,
      position: LocationReport.Position(
        object: position.object, channel: position.channel, row: position.row,
        column: position.column),
      value: Double(finding.value), reference: OrNull(finding.reference.map { Double($0) }),
      count: finding.count, elements: finding.elements, channels: finding.channels,
      origin: finding.origin.rawValue,
      inputs: finding.inputs.map { range in
        LocationReport.Input(
          name: range.name, type: range.type, minimum: OrNull(range.minimum),
          maximum: OrNull(range.maximum), nonFinite: range.nonFiniteCount,
          overflow: range.overflowCount)
      },
      weights: finding.weights.map(LocationReport.Tensor.init),
      sum: OrNull(
        finding.sum.map {
          LocationReport.Sum(
            value: $0.value, magnitude: $0.magnitude, largestTerm: $0.largestTerm)
        }),
      affected: finding.affected)
  }
}
