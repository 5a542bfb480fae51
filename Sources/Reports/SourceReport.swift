public import Verification

/// A comparison with the exporter's own graphs as text and as JSON
/// (`Schemas/source-report.schema.json`).
public struct SourceReport: JSONReport {
  struct Run: Encodable {
    let file: String
    let graphs: [String]
    let height: Int
    let width: Int
    let memory: Int
    let takesNormalizedFrames: Bool
  }

  struct Layer: Encodable, ReportedLayer {
    let file: String
    let name: String
    let node: String
    let value: String
    let errors: LayerErrors

    enum CodingKeys: CodingKey { case file, name, node, value }

    func encode(to encoder: any Encoder) throws {
      try errors.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(file, forKey: .file)
      try container.encode(name, forKey: .name)
      try container.encode(node, forKey: .node)
      try container.encode(value, forKey: .value)
    }
  }

  struct Unmatched: Encodable {
    let file: String
    let name: String

    init(_ item: SourceVerification.Unmatched) {
      file = item.file
      name = item.name
    }
  }

  struct Timing: Encodable {
    let file: String
    let seconds: Double
  }

  let verdict: Verdict
  let firstCause: OrNull<String>
  let backend: String
  let arithmetic: String
  let runs: [Run]
  let layers: [Layer]
  let missing: [Unmatched]
  let strangers: [Unmatched]
  let hidden: [Unmatched]
  let otherOutputs: [Unmatched]
  let ignoredOutputs: [Unmatched]
  let timing: OrNull<[Timing]>

  /// A report of `result`, which `backend` computed with `arithmetic`.
  public init(_ result: SourceVerification, backend: String, arithmetic: String) {
    verdict = Verdict(result.passes)
    firstCause = OrNull(
      result.firstDivergence?.layer
        ?? [result.missing, result.strangers, result.otherOutputs].lazy.compactMap(\.first?.name)
        .first)
    self.backend = backend
    self.arithmetic = arithmetic
    runs = result.runs.map {
      Run(
        file: $0.file, graphs: $0.graphs, height: $0.height, width: $0.width, memory: $0.memory,
        takesNormalizedFrames: $0.takesNormalizedFrames)
    }
    let times = result.runs.compactMap { run in
      run.seconds.map { Timing(file: run.file, seconds: $0) }
    }
    timing = OrNull(times.isEmpty ? nil : times)
    layers = result.comparisons.map { comparison in
      Layer(
        file: comparison.file, name: comparison.layer, node: comparison.node,
        value: comparison.value,
        errors: LayerErrors(
          comparison.metrics, tolerance: comparison.tolerance, passes: comparison.passes))
    }
    missing = result.missing.map(Unmatched.init)
    strangers = result.strangers.map(Unmatched.init)
    hidden = result.hidden.map(Unmatched.init)
    otherOutputs = result.otherOutputs.map(Unmatched.init)
    ignoredOutputs = result.ignoredOutputs.map(Unmatched.init)
  }

  /// The report for a terminal: what was run, the `count` layers that come closest to their
  /// tolerance or exceed it the most, what has no counterpart, and the verdict with the first layer
  /// at which the two part.
  public func text(worst count: Int) -> String {
    let table = Table(
      titles: ["file", "layer", "node"] + LayerErrors.titles, textColumns: 4,
      rows: layers.worst(count).map { [$0.file, $0.name, $0.node] + $0.errors.columns })
    var lines = runs.map { run in
      "\(run.file): \(run.graphs.joined(separator: ", ")) at \(run.height)x\(run.width)"
        + (run.graphs.contains("decode") ? ", \(run.memory) frames in memory" : "")
        + (run.takesNormalizedFrames ? "; its frames are normalized by who calls it" : "")
    }
    for time in timing.value ?? [] {
      lines.append("\(time.file): \(Numbers.significant(time.seconds)) s for the exporter's graph")
    }
    lines += [
      "",
      "\(layers.count) layers compared with the exporter's graphs, backend \(backend), \(arithmetic) "
        + "arithmetic; "
        + "worst \(min(count, layers.count)) first:",
      "", table.text,
      "layers without a value of their own (folded or fused, there or in the model): "
        + "\(hidden.count)",
    ]
    if !ignoredOutputs.isEmpty { lines.append("outputs of the export that were left out:") }
    lines += ignoredOutputs.map { "  \($0.file): \($0.name)" }
    if !otherOutputs.isEmpty {
      lines.append(
        "outputs of the export that are nothing of the network's (--allow-output leaves them out):")
    }
    lines += otherOutputs.map { "  \($0.file): \($0.name)" }
    let open = ["memorize", "query", "decode"].filter { name in
      !runs.contains { $0.graphs.contains(name) }
    }
    if !open.isEmpty {
      lines.append("parts of the network in none of the files: \(open.joined(separator: ", "))")
    }
    if !missing.isEmpty { lines.append("what the network hands out and the export does not:") }
    lines += missing.map { "  \($0.file): \($0.name)" }
    if !strangers.isEmpty { lines.append("convolutions that are none of the network's:") }
    lines += strangers.map { "  \($0.file): \($0.name)" }
    if let first = layers.first(where: { $0.errors.verdict == .fail }) {
      lines.append(
        "the two part first at '\(first.name)': \(first.file), \(first.node), value "
          + "'\(first.value)', relative error \(Numbers.scientific(first.errors.relativeError))")
    }
    lines += [layers.passingTolerance].compactMap { $0 }
    lines.append(
      "verdict: \(verdict.rawValue)" + (firstCause.value.map { ", first cause \($0)" } ?? ""))
    return lines.joined(separator: "\n") + "\n"
  }
}
