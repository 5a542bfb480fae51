public import Finding

/// Whether a model made the same bytes every time, as text and as JSON
/// (`Schemas/repetition-report.schema.json`).
public struct RepetitionReport: JSONReport {
  struct Difference: Encodable {
    let part: String
    let program: OrNull<String>
    let layer: OrNull<String>
    let frame: Int
  }

  struct Run: Encodable {
    let threads: Int
    let number: Int
    let sha256: String
    let difference: OrNull<Difference>
    let differingLayers: Int
  }

  struct Part: Encodable {
    let part: String
    let program: OrNull<String>
    let layer: OrNull<String>
    let sha256: String
  }

  let precision: String
  let verdict: Verdict
  let frames: Int
  let runs: [Run]
  let parts: [Part]

  /// A report of `repetition`, of a model whose plan has the name `precision`.
  public init(_ repetition: Repetition, precision: String) {
    self.precision = precision
    verdict = Verdict(repetition.passes)
    frames = repetition.frames
    runs = repetition.runs.map { run in
      Run(
        threads: run.threads, number: run.number, sha256: run.digest,
        difference: OrNull(
          run.difference.map {
            Difference(
              part: $0.place.part, program: OrNull($0.place.program), layer: OrNull($0.place.layer),
              frame: $0.frame)
          }),
        differingLayers: run.differingLayers)
    }
    parts = repetition.parts.map {
      Part(
        part: $0.place.part, program: OrNull($0.place.program), layer: OrNull($0.place.layer),
        sha256: $0.digest)
    }
  }

  /// Whether all runs made the same bytes.
  public var passes: Bool { verdict == .pass }

  /// The report for a terminal: a line a run.
  public var text: String {
    let layers = parts.count { $0.layer.value != nil }
    let table = Table(
      titles: ["threads", "run", "sha256", "first difference", "layers that differ"],
      textColumns: 4,
      rows: runs.map { run in
        [
          "\(run.threads)", "\(run.number)", String(run.sha256.prefix(16)),
          run.difference.value.map { difference in
            "frame \(difference.frame), "
              + (difference.layer.value.map { "\($0), program \(difference.program.value ?? "")" }
                ?? difference.part)
          } ?? "-",
          "\(run.differingLayers)",
        ]
      })
    return """
      \(precision): \(layers) layers, probabilities and masks over \(frames) frames, \
      \(runs.count) runs

      \(table.text)
      verdict: \(verdict.rawValue)

      """
  }
}

extension Repetition.Place {
  /// `layer`, `probabilities` or `mask`.
  fileprivate var part: String {
    switch self {
    case .layer: "layer"
    case .probabilities: "probabilities"
    case .mask: "mask"
    }
  }

  fileprivate var program: String? {
    if case .layer(let program, _) = self { program } else { nil }
  }

  fileprivate var layer: String? { if case .layer(_, let name) = self { name } else { nil } }
}
